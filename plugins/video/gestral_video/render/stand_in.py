"""ELF shared libraries whose functions exist by name alone.

A program linked against a library does not start without it, even when it never calls it: the
dynamic linker wants a library of that name, and in it every function whose address the program
takes. `stand_in` builds such a library; `wanted` tells which functions a program asks for.

The layouts are those of the System V ABI (gABI chapters 4 and 5, "Object Files" and "Program
Loading and Dynamic Linking"), in 64 bits and little-endian.
"""

import mmap
import struct
from collections.abc import Iterable
from pathlib import Path

__all__ = ("MACHINES", "stand_in", "wanted")

MACHINES = {"x86_64": 62, "aarch64": 183}
"""The machines (`platform.machine()`) that a stand-in can be built for, with their ELF numbers."""

_IDENTITY = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)  # 64 bits, little-endian, version 1
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_DYNAMIC = struct.Struct("<QQ")

_ET_DYN = 3
_PT_LOAD, _PT_DYNAMIC, _PT_GNU_STACK = 1, 2, 0x6474E551
_READ_WRITE = 6
_SHT_DYNSYM = 11
_GLOBAL_FUNCTION = 0x12
_DT_NULL, _DT_HASH, _DT_STRTAB, _DT_SYMTAB = 0, 4, 5, 6
_DT_STRSZ, _DT_SYMENT, _DT_SONAME = 10, 11, 14
_PAGE = 0x10000  # the largest page of either machine


def wanted(path: Path) -> list[str]:
    """The names of the symbols that this ELF file leaves for other libraries to define.

    Raises:
        ValueError: The file is not a 64-bit little-endian ELF file with a table of such symbols.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if len(data) < _HEADER.size or data[:6] != _IDENTITY[:6]:
            raise ValueError(f"{path} is not a 64-bit little-endian ELF file")
        header = _HEADER.unpack_from(data)
        start, count = header[6], header[12]
        sections = [_SECTION.unpack_from(data, start + _SECTION.size * i) for i in range(count)]
        for _, kind, _, _, offset, size, strings, *_ in sections:
            if kind == _SHT_DYNSYM:
                base = sections[strings][4]
                symbols = _SYMBOL.iter_unpack(data[offset : offset + size])
                names = [
                    base + name for name, _, _, section, _, _ in symbols if name and not section
                ]
                return [data[name : data.find(b"\0", name)].decode() for name in names]
    raise ValueError(f"{path} has no table of dynamic symbols")


def stand_in(soname: str, functions: Iterable[str], machine: int) -> bytes:
    """A shared library of this name that defines these functions, to be linked but not called.

    It holds no code. Every function lies in memory that must not be executed, so that a call
    ends the process at once (SIGSEGV) instead of quietly doing nothing. That memory is writable,
    since the C library before glibc 2.35 writes into the dynamic table.

    Args:
        soname: What other files ask for, such as `libGL.so.1`.
        functions: The names to define.
        machine: The ELF number of the machine: see `MACHINES`.
    """
    names = list(functions)
    strings = bytearray(b"\0")
    offsets = []
    for name in (soname, *names):
        offsets.append(len(strings))
        strings += name.encode() + b"\0"
    count = len(names) + 1  # the first symbol is always empty

    programs_at = _HEADER.size
    symbols_at = programs_at + 3 * _PROGRAM.size
    hash_at = symbols_at + count * _SYMBOL.size
    # One bucket with all symbols in one chain: there are few, and so no hash has to be computed.
    table = [1, count, count - 1, 0, *range(count - 1)]
    dynamic_at = hash_at + (4 * len(table) + 7) // 8 * 8
    entries = (
        (_DT_SONAME, offsets[0]),
        (_DT_HASH, hash_at),
        (_DT_SYMTAB, symbols_at),
        (_DT_SYMENT, _SYMBOL.size),
        (_DT_STRTAB, strings_at := dynamic_at + 7 * _DYNAMIC.size),
        (_DT_STRSZ, len(strings)),
        (_DT_NULL, 0),
    )
    size = strings_at + len(strings)
    trap = symbols_at  # any address inside will do, save 0, which would mean "not defined"

    programs = (
        (_PT_LOAD, _READ_WRITE, 0, 0, 0, size, size, _PAGE),
        (_PT_DYNAMIC, _READ_WRITE, *[dynamic_at] * 3, *[len(entries) * _DYNAMIC.size] * 2, 8),
        # Without this the whole process would be given an executable stack.
        (_PT_GNU_STACK, _READ_WRITE, 0, 0, 0, 0, 0, 16),
    )
    symbols = ((name, _GLOBAL_FUNCTION, 0, 1, trap, 0) for name in offsets[1:])
    return b"".join(
        (
            _HEADER.pack(
                *(_IDENTITY, _ET_DYN, machine, 1, 0, programs_at, 0, 0),
                *(_HEADER.size, _PROGRAM.size, len(programs), 0, 0, 0),
            ),
            *(_PROGRAM.pack(*program) for program in programs),
            bytes(_SYMBOL.size),
            *(_SYMBOL.pack(*symbol) for symbol in symbols),
            struct.pack(f"<{len(table)}I", *table).ljust(dynamic_at - hash_at, b"\0"),
            *(_DYNAMIC.pack(*entry) for entry in entries),
            bytes(strings),
        )
    )
