"""Where things lie unless somebody says otherwise."""

from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
# Beside the code and not where the user happens to stand: `disclosure demo` called from / once filled /var.
DATA = _CHECKOUT / "var" if (_CHECKOUT / "pyproject.toml").exists() else Path("var")
