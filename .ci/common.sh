# What the programs of this folder have in common: they source it.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The README's test command, word for word, so that the two cannot drift apart.
command=$(grep -E '^python3 -m venv .*pytest$' "$checkout/README.md") || {
    echo "README.md has no line 'python3 -m venv ... pytest'" >&2
    exit 1
}

say() { printf '\n== %s\n' "$*"; }

# interpreter VERSION: a Python of this version that really starts (a shim may stand on PATH for one
# that is not there); nothing if there is none.
interpreter() {
    local python
    for python in "python$1" "${HOME:-}/.pyenv/versions/$1".*/bin/python; do
        if "$python" -c '' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
}

# copy FOLDER: a new folder with the checkout in it, without what earlier runs left there.
copy() {
    mkdir -p "$1"
    tar -C "$checkout" -cf - --exclude=./.git --exclude='./.venv*' --exclude=./build \
        --exclude=./dist --exclude='.*_cache' --exclude=__pycache__ --exclude=.hypothesis \
        --exclude='*.egg-info' --exclude='*.so' --exclude='*.pyd' . | tar -C "$1" -xf -
}
