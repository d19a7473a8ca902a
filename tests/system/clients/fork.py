#!/usr/bin/env python3
"""A client at log-only, written from docs/protocol.md: it forks the payload itself. With --mode it breaks the rules, and prints what came of it."""
import argparse, base64, json, os, signal, socket, struct, sys, time

def send(service, **members):
    body = json.dumps(members).encode()
    service.sendall(struct.pack(">I", len(body)) + body)

def receive(service):
    def exactly(count):
        data = b""
        while len(data) < count:
            piece = service.recv(count - len(data))
            if not piece:
                return None
            data += piece
        return data
    length = exactly(4)
    body = length and exactly(struct.unpack(">I", length)[0])
    return body and json.loads(body)

def join(service, path, fork, handle=None):
    """What the child does: who calls connect is known by the kernel's word."""
    service.connect(path)
    send(service, type="hello", version=1)
    send(service, type="join", id=fork["id"], handle=handle or fork["handle"])

def child(path, fork, command, handle=None, further=False):
    """Forks a child that joins, and executes the command only after go; the connection is shared with the parent."""
    service = socket.socket(socket.AF_UNIX)
    told, tell = os.pipe()
    may, let = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(let)
        if further and os.fork():
            os._exit(os.wait()[1] >> 8)
        join(service, path, fork, handle)
        os.write(tell, b"1")
        if os.read(may, 1) != b"g":
            os._exit(99)
        os.environ.update(ISOLATION_PAYLOAD=fork["id"], ISOLATION_LEVEL=fork["level"])
        os.execvp(command[0], command)
    os.close(may)
    os.read(told, 1)
    return pid, service, let

def say(what, answer):
    print(what, answer and answer["type"], (answer or {}).get("code", ""), (answer or {}).get("message", ""), flush=True)

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", default="good")
    parser.add_argument("--warden", type=int)
    parser.add_argument("--daemon", type=int)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    path = os.environ["ISOLATION_SOCKET"]
    main_connection = socket.socket(socket.AF_UNIX)
    main_connection.connect(path)
    send(main_connection, type="hello", version=1)
    send(main_connection, type="run", level="log-only", command=[base64.b64encode(os.fsencode(word)).decode() for word in options.command])
    assert receive(main_connection)["type"] == "hello"
    fork = receive(main_connection)
    if fork["type"] != "fork":
        say("run", fork)
        return 1
    if options.mode == "lies":
        own = socket.socket(socket.AF_UNIX)
        join(own, path, fork)
        receive(own), say("itself", receive(own))
        for what, arguments in (("grandchild", {"further": True}), ("wrong-handle", {"handle": "00" * 16})):
            pid, service, let = child(path, fork, options.command, **arguments)
            receive(service), say(what, receive(service))
            os.close(let)
            os.waitpid(pid, 0)
    if options.mode in ("dead-service", "dead-child"):
        os.kill(options.warden, signal.SIGSTOP)
    if options.mode == "dead-warden":
        os.kill(options.warden, signal.SIGKILL)
    pid, service, let = child(path, fork, options.command)
    receive(service)
    if options.mode == "dead-warden":
        say("join", receive(service))
        os.close(let)
        print("child", os.waitpid(pid, 0)[1] >> 8, flush=True)
        print("ended", json.dumps((receive(main_connection) or {}).get("ending")), flush=True)
        return 0
    if options.mode == "dead-service":
        time.sleep(0.3)  # the join is with the warden by now
        os.kill(options.daemon, signal.SIGKILL)
        os.kill(options.warden, signal.SIGCONT)
        say("join", receive(service))
        os.close(let)
        print("child", os.waitpid(pid, 0)[1] >> 8, flush=True)
        return 0
    if options.mode == "dead-child":
        time.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.kill(options.warden, signal.SIGCONT)
        say("join", receive(service))
        return 0
    answer = receive(service)
    if answer["type"] != "go":
        say("join", answer)
        return 1
    if options.mode == "lies":
        again, second, no = child(path, fork, options.command)
        receive(second), say("second", receive(second))
        os.close(no)
        os.waitpid(again, 0)
    os.write(let, b"g")
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        send(service, type="tell", signal=os.WTERMSIG(status))
    else:
        send(service, type="tell", code=os.WEXITSTATUS(status) if options.mode != "false-word" else 77)
    while (answer := receive(main_connection)) and answer["type"] != "ended":
        pass
    print("ended", json.dumps(answer["ending"]), flush=True)
    return answer["ending"].get("code", 1)

sys.exit(main())
