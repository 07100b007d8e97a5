"""Looking at built sites in tests."""

from pathlib import Path


def files_of(root: Path) -> dict[str, bytes]:
    """Every file of a release by its path; what lies behind symbolic links is not the release's."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink() and "log" not in path.relative_to(root).parts[:1]
    }


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Paths that are missing on a side or differ."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
