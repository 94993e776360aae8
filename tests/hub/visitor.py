"""Signs people in at a Hub with their passwords, and prints what each is shown: run beside the Hub.

`python visitor.py ADDRESS SERVICE NAME=PASSWORD…`
"""

from __future__ import annotations

import json
import sys
import time

import requests

PATIENCE = 240


def wait_for(session: requests.Session, address: str) -> requests.Response:
    """Ask again until there is an answer, which is no error of a server that starts."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            answer = session.get(address, timeout=PATIENCE)
            if answer.status_code not in (404, 424, 502, 503) and "/spawn-pending/" not in answer.url:
                return answer
        except requests.ConnectionError:
            pass
        if time.monotonic() > deadline:
            sys.exit(f"{address} does not answer")
        time.sleep(0.2)


def visit(hub: str, service: str, name: str, password: str) -> dict[str, object]:
    session = requests.Session()
    session.get(f"{hub}/hub/login", timeout=PATIENCE)
    form = {"username": name, "password": password, "_xsrf": session.cookies["_xsrf"]}
    answer = session.post(f"{hub}/hub/login?next=/hub/home", data=form, timeout=PATIENCE)
    shown = {"status": answer.status_code, "text": answer.text}
    if answer.url != f"{hub}/hub/home":
        return shown
    user = session.get(f"{hub}/hub/api/user", timeout=PATIENCE).json()
    formgrader = session.get(f"{hub}/services/{service}/formgrader", timeout=PATIENCE)
    session.get(f"{hub}/hub/spawn/{name}", timeout=PATIENCE)
    lab = wait_for(session, f"{hub}/user/{name}/lab")
    return {**shown, "groups": user["groups"], "formgrader": formgrader.status_code, "lab": lab.status_code}


def main() -> None:
    hub, service, *people = sys.argv[1:]
    wait_for(requests.Session(), f"{hub}/services/{service}/")
    print(json.dumps({name: visit(hub, service, *name.split("=")) for name in people}))


if __name__ == "__main__":
    main()
