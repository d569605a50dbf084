#!/usr/bin/python3
"""The usual way today: System V shared memory over REST, a small Flask service on sysv_ipc with the operations and the
fields of such services. For the benchmark alone: it trusts every client and checks nothing.

Prints "ready PORT" when it serves on 127.0.0.1.
"""
import logging

import flask
import sysv_ipc
import waitress

app = flask.Flask(__name__)
held = {}  # by key


def octal(digits):
    return int(str(digits), 8)


def segment(key):
    return sysv_ipc.SharedMemory(key, flags=0, size=0)


def described(memory):
    return {"shm_key": memory.key, "shm_shmid": memory.id, "shm_segsz": memory.size, "uid": memory.uid, "gid": memory.gid,
            "cuid": memory.cuid, "cgid": memory.cgid, "mode": int(f"{memory.mode & 0o777:o}"), "shm_nattch": memory.number_attached,
            "shm_atime": memory.last_attach_time, "shm_dtime": memory.last_detach_time, "shm_ctime": memory.last_change_time,
            "shm_cpid": memory.creator_pid, "shm_lpid": memory.last_pid}


@app.post("/shm")
def create():
    asked = flask.request.get_json()
    memory = sysv_ipc.SharedMemory(asked["shm_key"], sysv_ipc.IPC_CREAT, octal(asked["mode"]), asked["shm_segsz"])
    memory.detach()
    return {"shm_key": str(memory.key), "shm_shmid": str(memory.id)}


@app.post("/shm/<int:key>/attach")
def attach(key):
    held.setdefault(key, []).append(segment(key))
    return {"op": "done"}


@app.post("/shm/<int:key>/detach")
def detach(key):
    held[key].pop().detach()
    return {"op": "done"}


@app.get("/shm/<int:key>")
def stat(key):
    memory = segment(key)
    try:
        return described(memory)
    finally:
        memory.detach()


@app.put("/shm/<int:key>")
def change(key):
    asked = flask.request.get_json()
    memory = segment(key)
    try:
        if "uid" in asked:
            memory.uid = asked["uid"]
        if "gid" in asked:
            memory.gid = asked["gid"]
        if "mode" in asked:
            memory.mode = octal(asked["mode"])
    finally:
        memory.detach()
    return {"op": "done"}


@app.delete("/shm/<int:key>")
def remove(key):
    memory = segment(key)
    memory.detach()
    memory.remove()
    return {"op": "done"}


@app.get("/shm/<int:key>/data")
def read(key):
    memory = segment(key)
    try:
        return {"data": memory.read(int(flask.request.args.get("length", 0))).decode()}
    finally:
        memory.detach()


@app.put("/shm/<int:key>/data")
def write(key):
    memory = segment(key)
    try:
        memory.write(flask.request.get_json()["data"].encode())
    finally:
        memory.detach()
    return {"op": "done"}


def main():
    """Waitress keeps connections, which Flask's own server does not: that is in its favour."""
    server = waitress.create_server(app, host="127.0.0.1", port=0)
    print(f"ready {server.effective_port}", flush=True)
    server.run()


if __name__ == "__main__":
    logging.getLogger("waitress").setLevel(logging.ERROR)
    main()
