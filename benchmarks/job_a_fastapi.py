"""Job A by FastAPI, asynchronously, for uvicorn."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/job/a/")
async def data(id: int, name: str, price: float) -> dict:
    values = {"id": id, "name": name, "price": price}
    return {"code": 200, "data": values, "errMsg": "", "innerErrMsg": ""}
