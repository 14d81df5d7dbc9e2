import os


def write(line):
    """Add a line to the record, whole: many processes do so at once."""
    fd = os.open(os.environ["EAGLET_TEST_RECORD"], os.O_WRONLY | os.O_APPEND)
    try:
        os.write(fd, f"{line}\n".encode())
    finally:
        os.close(fd)
