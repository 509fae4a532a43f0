"""Reads addon binaries (ELF, PE, Mach-O) with LIEF and prints what a test asks about them as JSON, one object per file."""

import json
import os
import sys

import lief

lief.logging.disable()


def unversioned(symbols):
    """Symbols that no version ties to a library, and that must be found all the same."""
    weak = lief.ELF.Symbol.BINDING.WEAK
    for symbol in symbols:
        version = symbol.symbol_version
        if symbol.imported and symbol.binding != weak and not (version and version.symbol_version_auxiliary):
            yield symbol.name


def elf(binary):
    versions = set()
    for requirement in binary.symbols_version_requirement:
        for auxiliary in requirement.get_auxiliary_symbols():
            versions.add(auxiliary.name)
    symbols = [symbol for symbol in binary.dynamic_symbols if symbol.name]
    return {
        "format": "elf",
        "machine": binary.header.machine_type.name,
        "exports": sorted(symbol.name for symbol in symbols if symbol.exported),
        "libraries": list(binary.libraries),
        "versions": sorted(versions),
        # musl has no versions of symbols.
        "unresolved": sorted(unversioned(symbols)) if versions else [],
        "stripped": not list(binary.symtab_symbols),
        "debug": any(section.name.startswith(".debug") for section in binary.sections),
        "runpath": any(
            entry.tag in (lief.ELF.DynamicEntry.TAG.RPATH, lief.ELF.DynamicEntry.TAG.RUNPATH)
            for entry in binary.dynamic_entries
        ),
    }


def pe(binary):
    export = binary.get_export() if binary.has_exports else None
    return {
        "format": "pe",
        "machine": binary.header.machine.name,
        "exports": sorted(entry.name for entry in export.entries) if export else [],
        "libraries": [imported.name for imported in binary.imports],
        "versions": [],
        "unresolved": [],
        "stripped": binary.header.numberof_symbols == 0,
        "debug": any(section.name.startswith((".debug", "/")) for section in binary.sections),
        "runpath": False,
    }


def macho(binary):
    minimum = None
    if binary.has_build_version:
        minimum = binary.build_version.minos
    elif binary.has_version_min:
        minimum = binary.version_min.version
    exports = [symbol.name for symbol in binary.exported_symbols]
    return {
        "format": "macho",
        "machine": binary.header.cpu_type.name,
        "exports": sorted(exports),
        "libraries": [library.name for library in binary.libraries if library.command != lief.MachO.LoadCommand.TYPE.ID_DYLIB],
        "versions": [],
        # Bound to no library: looked up in whatever the process has loaded.
        "unresolved": sorted({each.symbol.name for each in binary.bindings if each.has_symbol and not each.has_library}),
        "minimumOs": ".".join(str(part) for part in minimum[:2]) if minimum else None,
        "signed": binary.has_code_signature,
        "stripped": not any(symbol.name not in exports and symbol.value for symbol in binary.symbols),
        "debug": any(segment.name == "__DWARF" for segment in binary.segments),
        "runpath": bool(list(binary.rpaths)),
    }


def inspect(file):
    binary = lief.parse(file)
    if isinstance(binary, lief.ELF.Binary):
        found = elf(binary)
    elif isinstance(binary, lief.PE.Binary):
        found = pe(binary)
    elif isinstance(binary, (lief.MachO.Binary, lief.MachO.FatBinary)):
        found = macho(binary.at(0) if isinstance(binary, lief.MachO.FatBinary) else binary)
    else:
        raise SystemExit(f"{file} is no binary that LIEF knows")
    return {**found, "bytes": os.path.getsize(file)}


for path in sys.argv[1:]:
    print(json.dumps(inspect(path)))
