# Gives contents of objects to a function: frames in on standard input, frames out on standard output.
import io, json, os, sys, traceback, types

source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
# A function may fork. Only this process reads frames and answers.
own = os.getpid()


def read_exactly(length):
    data = source.read(length)
    if len(data) != length:
        sys.exit(0)
    return data


def read_frame():
    return read_exactly(int.from_bytes(read_exactly(4), "big"))


class Content(io.RawIOBase):
    def __init__(self):
        self.rest, self.ended, self.broken = b"", False, False

    def readable(self):
        return True

    def fill(self):
        if not self.rest and not self.ended:
            if os.getpid() != own:
                raise OSError("only the process that was called can read the content")
            length = int.from_bytes(read_exactly(4), "big")
            self.broken = length == 0xFFFFFFFF
            self.ended = self.broken or length == 0
            self.rest = b"" if self.ended else read_exactly(length)
        if self.broken:
            raise OSError("the content broke off")
        return self.rest

    def readinto(self, buffer):
        data = self.fill()[: len(buffer)]
        buffer[: len(data)] = data
        self.rest = self.rest[len(data) :]
        return len(data)


def answer(kind, data=b""):
    sink.write(kind + len(data).to_bytes(8, "big"))
    sink.write(data)
    sink.flush()


def call(function, key, content):
    result = function(io.BufferedReader(content, 1 << 16), key)
    if result is None:
        return b"N", b""
    if isinstance(result, (bytes, bytearray, memoryview)):
        return b"B", bytes(result)
    raise TypeError(f"it returned {type(result).__name__}, not bytes or None")


def describe(error):
    return "".join(traceback.format_exception_only(type(error), error)).strip()[:2000].encode("utf-8", "replace")


def end_copy():
    if os.getpid() != own:
        sys.exit(0)


name, code = json.loads(read_frame()), read_frame()
module = types.ModuleType("datalake_job")
module.__file__ = "<job>"
sys.modules[module.__name__] = module
try:
    exec(compile(code, "<job>", "exec"), module.__dict__)
except BaseException as error:
    if os.getpid() != own:
        raise
    answer(b"E", describe(error))
    sys.exit(0)
end_copy()
function = module.__dict__.get(name)
if not callable(function):
    answer(b"E", f"the file has no function `{name}`".encode())
    sys.exit(0)
answer(b"N")
while True:
    key, content = json.loads(read_frame()), Content()
    try:
        kind, data = call(function, key, content)
    except BaseException as error:
        if os.getpid() != own:
            raise
        kind, data = b"E", describe(error)
    end_copy()
    try:
        while content.fill():
            content.rest = b""
    except OSError:
        kind, data = b"E", b"the content broke off"
    answer(kind, data)
