"""The loops around kernels, as LLVM code: block after block of rows, chunk after chunk of blocks.

They are the same for all programs. A kernel's inputs come in columns, each with a stride in bytes;
they are gathered into a tile of eight rows. In the last block the last row may stand several times:
what comes out for the surplus is dropped.
"""

from __future__ import annotations


def text(width: int) -> str:
    """The module for kernels of so many rows at once."""
    kind, align = f"<{width} x double>", f"align {8 * width}"
    parts = (FETCH, DELIVER, NOTE, EACH, CLEAR, JOIN, ACROSS, SUMS, FOLD)
    code = "\n".join(parts)
    for word, meaning in {
        "GATHERED": gathered(kind, width),
        "SCATTERED": scattered(kind, width),
        "TREE": tree(kind, width),
        "PIECES": PIECES,
        "VECTOR": kind,
        "ALIGN": align,
        "WIDTH": str(width),
    }.items():
        code = code.replace(word, meaning)
    return code


def loop(name: str, count: str, body: str, before: str, last: str = "") -> str:
    """A loop with a counter of this name: the blocks before it and at its own end are named."""
    return f"""  br label %{name}.head
{name}.head:
  %{name} = phi i64 [0, %{before}], [%{name}.next, %{last or name + ".body"}]
  %{name}.more = icmp slt i64 %{name}, {count}
  br i1 %{name}.more, label %{name}.body, label %{name}.end
{name}.body:
{body.strip(chr(10))}
  %{name}.next = add i64 %{name}, 1
  br label %{name}.head
{name}.end:"""


def tree(kind: str, width: int) -> str:
    """Code that adds up the lanes of %v, as a tree: in the same order on every machine."""
    lines, name, size = [], "%v", width
    while size > 1:
        size //= 2
        for half, first in (("low", 0), ("high", size)):
            lanes = ", ".join([f"i32 {first + i % size}" for i in range(width)])
            lines.append(
                f"  %{half}{size} = shufflevector {kind} {name}, {kind} poison, "
                f"<{width} x i32> <{lanes}>"
            )
        lines.append(f"  %sum{size} = fadd {kind} %low{size}, %high{size}")
        name = f"%sum{size}"
    return "\n".join([*lines, f"  %number = extractelement {kind} {name}, i32 0"])


def gathered(kind: str, width: int) -> str:
    """Code that loads a whole block of a column whose numbers are apart: one vector, %v."""
    lines, before, place = ["  %at0 = getelementptr i8, ptr %base, i64 %skip"], "poison", "%at0"
    for i in range(width):
        lines.append(f"  %one{i} = load double, ptr {place}, align 8")
        lines.append(f"  %v{i} = insertelement {kind} {before}, double %one{i}, i32 {i}")
        before, place = f"%v{i}", f"%at{i + 1}"
        lines.append(f"  {place} = getelementptr i8, ptr %at{i}, i64 %stride")
    return "\n".join([*lines, f"  store {kind} {before}, ptr %lanes, ALIGN"])


def scattered(kind: str, width: int) -> str:
    """Code that stores a whole block of a column whose numbers are apart."""
    lines = [
        f"  %v = load {kind}, ptr %lanes, ALIGN",
        "  %at0 = getelementptr i8, ptr %base, i64 %skip",
    ]
    for i in range(width):
        lines.append(f"  %one{i} = extractelement {kind} %v, i32 {i}")
        lines.append(f"  store double %one{i}, ptr %at{i}, align 8")
        lines.append(f"  %at{i + 1} = getelementptr i8, ptr %at{i}, i64 %stride")
    return "\n".join(lines)


PIECES = loop(
    "piece",
    "%npieces",
    """
  %piece.at = getelementptr ptr, ptr %pieces, i64 %piece
  %code = load ptr, ptr %piece.at
  call void %code(ptr %tile, ptr %outside, ptr %out, ptr %scratch, i1 false)""",
    before="run",
)

GATHER = loop(
    "lane",
    "WIDTH",
    """
  %r = add i64 %i, %lane
  %last = sub i64 %end, 1
  %there = icmp slt i64 %r, %last
  %row = select i1 %there, i64 %r, i64 %last
  %offset = mul i64 %row, %stride
  %from = getelementptr i8, ptr %base, i64 %offset
  %number = load double, ptr %from, align 8
  %to = getelementptr double, ptr %lanes, i64 %lane
  store double %number, ptr %to, align 8""",
    before="short",
)

SCATTER = loop(
    "lane",
    "%left",
    """
  %from = getelementptr double, ptr %lanes, i64 %lane
  %number = load double, ptr %from, align 8
  %row = add i64 %i, %lane
  %offset = mul i64 %row, %stride
  %to = getelementptr i8, ptr %base, i64 %offset
  store double %number, ptr %to, align 8""",
    before="short",
)


def over_columns(name: str, dense: str, apart: str, short: str) -> str:
    """A function that moves a block of each column.

    Its numbers may be dense in memory, or apart from each other; and the last block may be short.
    """
    body = f"""
  %base.at = getelementptr ptr, ptr %columns, i64 %c
  %base = load ptr, ptr %base.at
  %stride.at = getelementptr i64, ptr %strides, i64 %c
  %stride = load i64, ptr %stride.at
  %lanes = getelementptr VECTOR, ptr %tile, i64 %c
  %left = sub i64 %end, %i
  %whole = icmp sge i64 %left, WIDTH
  %is.dense = icmp eq i64 %stride, 8
  %fast = and i1 %whole, %is.dense
  br i1 %fast, label %dense, label %other
dense:
  %at = getelementptr double, ptr %base, i64 %i
{dense.strip(chr(10))}
  br label %done
other:
  br i1 %whole, label %apart, label %short
apart:
  %skip = mul i64 %i, %stride
{apart}
  br label %done
short:
{short}
  br label %done
done:"""
    return f"""
define internal void @{name}(ptr %columns, ptr %strides, i64 %n, i64 %i, i64 %end, ptr %tile) {{
start:
{loop("c", "%n", body, "start", "done")}
  ret void
}}
"""


FETCH = over_columns(
    "fetch",
    """
  %x = load VECTOR, ptr %at, align 8
  store VECTOR %x, ptr %lanes, ALIGN""",
    "GATHERED",
    GATHER,
)

DELIVER = over_columns(
    "deliver",
    """
  %x = load VECTOR, ptr %lanes, ALIGN
  store VECTOR %x, ptr %at, align 8""",
    "SCATTERED",
    SCATTER,
)

# Which guard failed, for each row of a block; there is room for the surplus of the last one.
NOTE = """
define internal void @note(ptr %failed, i64 %i, ptr %scratch) {
start:
  %none = icmp eq ptr %failed, null
  br i1 %none, label %end, label %write
write:
  %x = load VECTOR, ptr %scratch, ALIGN
  %to = getelementptr double, ptr %failed, i64 %i
  store VECTOR %x, ptr %to, align 8
  br label %end
end:
  ret void
}
"""

EACH = """
define void @each(ptr %pieces, i64 %npieces, ptr %ins, ptr %strides, i64 %columns, ptr %outside,
                  ptr %outs, ptr %outstrides, i64 %nouts, i64 %width, ptr %failed,
                  i64 %begin, i64 %end, ptr %tile) {
start:
  %out = getelementptr VECTOR, ptr %tile, i64 %columns
  %scratch = getelementptr VECTOR, ptr %out, i64 %width
  br label %head
head:
  %i = phi i64 [%begin, %start], [%i.next, %piece.end]
  %more = icmp slt i64 %i, %end
  br i1 %more, label %run, label %finish
run:
  call void @fetch(ptr %ins, ptr %strides, i64 %columns, i64 %i, i64 %end, ptr %tile)
PIECES
  call void @deliver(ptr %outs, ptr %outstrides, i64 %nouts, i64 %i, i64 %end, ptr %out)
  call void @note(ptr %failed, i64 %i, ptr %scratch)
  %i.next = add i64 %i, WIDTH
  br label %head
finish:
  ret void
}
"""

CLEAR = f"""
define internal void @clear(ptr %out, i64 %n) {{
start:
{
    loop(
        "j",
        "%n",
        '''
  %to = getelementptr VECTOR, ptr %out, i64 %j
  store VECTOR zeroinitializer, ptr %to, ALIGN''',
        "start",
    )
}
  ret void
}}
"""

ADD = """
  %x = load double, ptr %at
  %y = load double, ptr %from
  %z = fadd double %x, %y
  store double %z, ptr %at"""

JOIN_LANES = loop(
    "lane",
    "%count",
    f"""
  %at = getelementptr double, ptr %sum, i64 %lane
  %from = getelementptr double, ptr %more, i64 %lane{ADD}""",
    before="j.body",
)

JOIN = f"""
define internal void @join(ptr %sums, ptr %rest, i64 %n, i64 %count) {{
start:
{
    loop(
        "j",
        "%n",
        f'''
  %sum = getelementptr VECTOR, ptr %sums, i64 %j
  %more = getelementptr VECTOR, ptr %rest, i64 %j
{JOIN_LANES}''',
        "start",
        "lane.end",
    )
}
  ret void
}}
"""

ACROSS = f"""
define internal void @across(ptr %sums, i64 %n, ptr %result) {{
start:
{
    loop(
        "j",
        "%n",
        '''
  %at = getelementptr VECTOR, ptr %sums, i64 %j
  %v = load VECTOR, ptr %at, ALIGN
TREE
  %to = getelementptr double, ptr %result, i64 %j
  store double %number, ptr %to''',
        "start",
    )
}
  ret void
}}
"""

SUMS = """
define void @sums(ptr %pieces, i64 %npieces, ptr %ins, ptr %strides, i64 %columns, ptr %outside,
                  i64 %width, ptr %failed, ptr %results, i64 %first, i64 %last, i64 %length,
                  i64 %rows, ptr %tile) {
start:
  %sum = getelementptr VECTOR, ptr %tile, i64 %columns
  %rest = getelementptr VECTOR, ptr %sum, i64 %width
  %scratch = getelementptr VECTOR, ptr %rest, i64 %width
  br label %head
head:
  %chunk = phi i64 [%first, %start], [%chunk.next, %reduce]
  %more = icmp slt i64 %chunk, %last
  br i1 %more, label %enter, label %finish
enter:
  %begin = mul i64 %chunk, %length
  %beyond = add i64 %begin, %length
  %short = icmp slt i64 %rows, %beyond
  %end = select i1 %short, i64 %rows, i64 %beyond
  call void @clear(ptr %sum, i64 %width)
  br label %blocks
blocks:
  %i = phi i64 [%begin, %enter], [%i.next, %after]
  %left = sub i64 %end, %i
  %some = icmp sgt i64 %left, 0
  br i1 %some, label %block, label %reduce
block:
  call void @fetch(ptr %ins, ptr %strides, i64 %columns, i64 %i, i64 %end, ptr %tile)
  %whole = icmp sge i64 %left, WIDTH
  br i1 %whole, label %run, label %partly
partly:
  call void @clear(ptr %rest, i64 %width)
  br label %run
run:
  %out = phi ptr [%sum, %block], [%rest, %partly]
PIECES
  call void @note(ptr %failed, i64 %i, ptr %scratch)
  br i1 %whole, label %after, label %joining
joining:
  call void @join(ptr %sum, ptr %rest, i64 %width, i64 %left)
  br label %after
after:
  %i.next = add i64 %i, WIDTH
  br label %blocks
reduce:
  %place = mul i64 %chunk, %width
  %result = getelementptr double, ptr %results, i64 %place
  call void @across(ptr %sum, i64 %width, ptr %result)
  %chunk.next = add i64 %chunk, 1
  br label %head
finish:
  ret void
}
"""

# Sums of chunks, added up and divided: with no chunks it is left alone.
FOLD = f"""
define void @fold(ptr %results, i64 %chunks, i64 %width, i64 %sums, double %divisor) {{
start:
  br label %head
head:
  %chunk = phi i64 [1, %start], [%chunk.next, %j.end]
  %more = icmp slt i64 %chunk, %chunks
  br i1 %more, label %body, label %divide
body:
  %place = mul i64 %chunk, %width
  %row = getelementptr double, ptr %results, i64 %place
{
    loop(
        "j",
        "%width",
        f'''
  %at = getelementptr double, ptr %results, i64 %j
  %from = getelementptr double, ptr %row, i64 %j{ADD}''',
        "body",
    )
}
  %chunk.next = add i64 %chunk, 1
  br label %head
divide:
{
    loop(
        "k",
        "%sums",
        '''
  %k.at = getelementptr double, ptr %results, i64 %k
  %k.x = load double, ptr %k.at
  %k.z = fdiv double %k.x, %divisor
  store double %k.z, ptr %k.at''',
        "divide",
    )
}
  ret void
}}
"""
