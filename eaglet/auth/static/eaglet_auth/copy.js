"use strict";

document.getElementById("eaglet-copy").addEventListener("click", async ({currentTarget: button}) => {
    const field = document.getElementById("eaglet-credentials");
    field.select();
    let isDone;
    try {
        await navigator.clipboard.writeText(field.value);
        isDone = true;
    } catch {  // over plain HTTP there is no clipboard but by the old way
        isDone = document.execCommand("copy");
    }
    button.textContent = isDone ? button.dataset.done : button.dataset.failed;
});
