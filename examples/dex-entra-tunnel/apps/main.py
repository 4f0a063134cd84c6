"""An app without any sign-in: uvicorn main:app --root-path /gemini-rl --port 8000"""
from typing import Optional

from fastapi import FastAPI, Header

app = FastAPI()


@app.get("/")
def whoami(
    x_auth_request_user: Optional[str] = Header(None),
    x_auth_request_email: Optional[str] = Header(None),
    x_auth_request_groups: str = Header(""),
):
    return {"user": x_auth_request_user, "email": x_auth_request_email, "groups": [g for g in x_auth_request_groups.split(",") if g]}
