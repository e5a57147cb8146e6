"""Writes data files as numpy and pandas write them, and what has to be read from them: `data/inputs`.

Needs numpy and pandas. Run it in this folder to add cases; what it writes is checked in.
"""

import io
import json
import pathlib
import warnings
import zipfile

import numpy as np
import pandas as pd

FOLDER = pathlib.Path(__file__).parent / "data" / "inputs"
FOLDER.mkdir(parents=True, exist_ok=True)
cases = []
rng = np.random.default_rng(10)


def port(name, shape, categories=(), may_be_missing=False):
    return {"name": name, "shape": list(shape), "categories": list(categories), "may_be_missing": may_be_missing}


def case(file, ports, samples=None, labels=None, error=None):
    """`samples`: for each sample the flat numbers of each input, `None` for a missing one."""
    if samples is not None:
        samples = [[[None if v != v else float(v) for v in np.ravel(x)] for x in sample] for sample in samples]
    cases.append({"file": file, "ports": ports, "samples": samples, "labels": labels, "error": error})


def npy(file, array):
    np.save(FOLDER / file, array)
    return file


def npz(file, compressed=False, **arrays):
    (np.savez_compressed if compressed else np.savez)(FOLDER / file, **arrays)
    return file


def text(file, content):
    (FOLDER / file).write_text(content, newline="")
    return file


# Types of numbers, byte orders and orders of axes.
x = np.arange(-6, 6).reshape(3, 4)
one = [port("x", [1, 4])]
for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", ">f2", ">f4", ">f8", ">i2", ">i4", ">i8"]:
    case(npy(f"{kind.replace('>', 'big_')}.npy", x.astype(kind)), one, [[row] for row in x])
for kind in ["u1", "u2", "u4", "u8", ">u2"]:
    y = np.abs(x).astype(kind)
    case(npy(f"{kind.replace('>', 'big_')}.npy", y), one, [[row] for row in y])
case(npy("bool.npy", x > 0), one, [[row] for row in x > 0])
case(npy("fortran.npy", np.asfortranarray(x.astype("f4"))), one, [[row] for row in x])
cube = rng.integers(-9, 9, (2, 3, 4)).astype("f4")
case(npy("fortran_cube.npy", np.asfortranarray(cube)), [port("x", [3, 4])], [[c] for c in cube])
case(npy("fortran_one.npy", np.asfortranarray(cube[0])), [port("x", [1, 1, 3, 4])], [[cube[0]]])
case(npy("scalar.npy", np.float32(2.5)), [port("x", [1, 1])], [[2.5]])

# Names.
a, b = x.astype("f4"), x[:, :1].astype("i8")
both = [port("a", [1, 4]), port("b", [1, 1])]
case(npz("named.npz", a=a, b=b, label=np.array([2, 0, 1])), both, [[p, q] for p, q in zip(a, b)], [2, 0, 1])
case(npz("packed.npz", True, a=a, b=b), both, [[p, q] for p, q in zip(a, b)])
np.savez(FOLDER / "unnamed.npz", a)
case("unnamed.npz", one, [[row] for row in a])
np.savez(FOLDER / "unnamed_two.npz", a, b)
case("unnamed_two.npz", both, error="no tensor `a`; expected `a`, `b`, found `arr_0`, `arr_1`")
case("named.npz", [port("c", [1, 4])], error="no tensor `c`; expected `c`, found `a`, `b`, `label`")
case(npz("odd_label.npz", a=a, label=np.array([0, 0.5, 1])), both[:1], error="tensor `label`: entry 1 is 0.5; expected the number of the right class")
case(npz("few_labels.npz", a=a, label=np.array([0, 1])), both[:1], error="tensor `label`: expected 3 entries, one for each sample, got 2 entries")
case(npz("uneven.npz", a=a, b=b[:2]), both, error="tensor `b`: expected 3 samples, as the first input has, got 2 samples")

# Strings.
cities = np.array(["Bern", "Zürich", "Rom", ""])
city = [port("city", [1, 1], ["Bern", "Zürich", ""])]
codes = [[[0]], [[1]], [[3]], [[2]]]
case(npz("strings.npz", city=cities), city, codes)
case(npz("strings_column.npz", city=cities[:, None]), city, codes)
case(npz("strings_big.npz", city=cities.astype(">U9")), city, codes)
case(npz("bytes.npz", city=np.array([c.encode() for c in cities])), city, codes)
case(npz("numbers_for_strings.npz", city=np.arange(4)), city, error="entry 0 is 0; expected a string")
case("strings.npz", [port("city", [1, 1])], error="tensor `city`: entry 0 is `Bern`; expected a number")
case(npz("objects.npz", city=cities.astype(object)), city, error="Python objects, which only Python can read")

# Missing values.
holes = np.array([[1, np.nan], [np.nan, 4]], "f4")
case(npy("missing.npy", holes), [port("x", [1, 2], may_be_missing=True)], [[row] for row in holes])
case("missing.npy", [port("x", [1, 2])], error="tensor `x`: entry [0, 1] is NaN; expected a finite number")
case(npy("infinite.npy", np.array([[1, np.inf]])), [port("x", [1, 2], may_be_missing=True)], error="entry [0, 1] is inf")
case(npy("fortran_missing.npy", np.asfortranarray(holes)), [port("x", [1, 2])], error="entry [1, 0] is NaN")

# Types that are no numbers.
case(npy("complex.npy", np.array([[1j, 2]])), [port("x", [1, 2])], error="complex numbers")
case(npy("dates.npy", np.array([["2026-01-01"]], "M8[D]")), [port("x", [1, 1])], error="dates or times")
case(npy("fields.npy", np.zeros(2, [("a", "f4"), ("b", "i4")])), [port("x", [1, 2])], error="fields of several types")
case(npy("shape.npy", np.zeros((3, 5), "f4")), one, error="tensor `x`: expected shape [1, 4], or samples of it along one more axis in front, got shape [3, 5]")

# Bombs: a header that asks for more than there is, and zeros that pack to nothing.
def header(shape, kind="<f4"):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
    return file.getvalue()


(FOLDER / "endless.npy").write_bytes(header((10**12, 4)) + bytes(64))
case("endless.npy", one, error="at most 4194304 samples")
(FOLDER / "short.npy").write_bytes(header((1000, 4)) + bytes(64))
case("short.npy", one, error="it is cut short: its array of shape [1000, 4] has 16000 bytes, of which 64 are there")
(FOLDER / "empty_strings.npy").write_bytes(header((10**12, 4), "<U0"))
case("empty_strings.npy", one, error="at most 4194304 samples")
with zipfile.ZipFile(FOLDER / "bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    with archive.open("x.npy", "w", force_zip64=True) as member:
        member.write(header((64, 4_000_000)))
        # The directory says so, whoever unpacks it is none the wiser.
        for _ in range(64):
            member.write(bytes(250_000))
case("bomb.npz", [port("x", [1, 4_000_000])], error="array `x`: it is cut short")
case("bomb.npz", one, error="tensor `x`: expected shape [1, 4]")

# Members as other writers of archives have them: packed or not in one archive, with the long form of lengths, without the extension,
# twice by one name (the last counts), with a comment of the archive, behind a descriptor.
def archive(file, *members, **options):
    with zipfile.ZipFile(FOLDER / file, "w") as made:
        made.comment = options.get("comment", b"")
        for name, array, method in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with made.open(info, "w", force_zip64=options.get("zip64", False)) as member:
                np.lib.format.write_array(member, array)
    return file


stored, deflated = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
pairs = [[p, q] for p, q in zip(a, b)]
case(archive("mixed.npz", ("a.npy", a, stored), ("b.npy", b, deflated), zip64=True), both, pairs)
case(archive("plain_names.npz", ("a", a, deflated), ("b", b, stored), comment=b"made by hand"), both, pairs)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    case(archive("twice.npz", ("a.npy", a * 2, stored), ("b.npy", b, stored), ("a.npy", a, stored)), both, pairs)
case(archive("bzip2.npz", ("x.npy", a, zipfile.ZIP_BZIP2)), one, error="array `x`: it is packed in a way that numpy does not use")
with zipfile.ZipFile(FOLDER / "not_array.npz", "w") as made:
    made.writestr(zipfile.ZipInfo("x.npy"), b"x" * 200)
case("not_array.npz", one, error="array `x`: it is not an array as numpy saves it")
# A bit of an entry that is not what it was: the sum of the archive tells.
damaged = bytearray((FOLDER / "mixed.npz").read_bytes())
damaged[damaged.index(a.tobytes()) + 3] ^= 1
(FOLDER / "damaged.npz").write_bytes(damaged)
case("damaged.npz", both, error="array `a`: it is damaged")
case(text("no_archive.npz", "PK"), one, error="it is not an archive as `numpy.savez` writes it")
case(text("no_array.npy", "nothing"), one, error="it is not an array as numpy saves it")
case(text("nothing.json", ""), one, error="it is empty")

# Tables of pandas.
table = pd.DataFrame({"age": [40.5, 41, 42], "city": ["Bern", "Rom", 'Zürich "West", Nord'], "sick": [True, False, True], "label": [1, 0, 1]})
table.to_csv(FOLDER / "table.csv", index=False)
columns = [port("sick", [1, 1]), port("city", [1], ["Bern", 'Zürich "West", Nord']), port("age", [1, 1])]
case("table.csv", columns, [[[1], [0], [40.5]], [[0], [2], [41]], [[1], [1], [42]]], [1, 0, 1])
table.to_csv(FOLDER / "table_index.csv")
case("table_index.csv", columns, [[[1], [0], [40.5]], [[0], [2], [41]], [[1], [1], [42]]], [1, 0, 1])
case("table.csv", columns + [port("height", [1, 1])], error="no tensor `height`")
pd.DataFrame(x).to_csv(FOLDER / "numbers.csv", index=False)
case("numbers.csv", one, [[row] for row in x])
pd.DataFrame(x).to_csv(FOLDER / "numbers_index.csv")
case("numbers_index.csv", one, error="the first has no name")
pd.DataFrame(holes, columns=["a", "b"]).to_csv(FOLDER / "missing.csv", index=False)
case("missing.csv", [port("x", [1, 2], may_be_missing=True)], [[row] for row in holes])
case("missing.csv", [port("x", [1, 2])], error="line 2 (sample 0), column `b` is NaN")
table.drop(columns="label").to_json(FOLDER / "records.json", orient="records")
case("records.json", columns, [[[1], [0], [40.5]], [[0], [2], [41]], [[1], [1], [42]]])
table.to_json(FOLDER / "columns.json")
case("columns.json", columns, error="to_json(orient=\"records\")")
table.to_json(FOLDER / "lists.json", orient="columns", index=True)
text("lists.json", json.dumps(table.to_dict(orient="list")))
case("lists.json", columns, [[[1], [0], [40.5]], [[0], [2], [41]], [[1], [1], [42]]], [1, 0, 1])

# JSON.
picture = [port("x", [1, 2, 3])]
two = [[[0, 1, 2, 3, 4, 5]], [[6, 7, 8, 9, 10, 11]]]
pictures = np.arange(12).reshape(2, 1, 2, 3)
for name, document, samples in [
    ("flat", {"input_data": [list(range(6))]}, two[:1]),
    ("flat_two", {"input_data": [list(range(12))], "output_data": [[1]]}, two),
    ("nested", {"input_data": [pictures[0].tolist()]}, two[:1]),
    ("nested_two", {"input_data": [pictures.tolist()]}, two),
    ("bare", pictures[0].tolist(), two[:1]),
    ("bare_two", pictures.tolist(), two),
    ("by_name", {"x": pictures.tolist()}, two),
    ("by_name_inside", {"input_data": {"x": list(range(12))}}, two),
    ("objects", [{"x": pictures[0].tolist()}, {"x": list(range(6, 12))}], two),
    ("lists_for_samples", {"input_data": [list(range(6)), list(range(6, 12))]}, two),
]:
    case(text(f"{name}.json", json.dumps(document)), picture, samples)
case(text("booleans.json", '{"input_data": [[true, false, 1, 0]]}'), one, [[[1, 0, 1, 0]]])
case(text("null.json", '{"input_data": [[1, null]]}'), [port("x", [1, 2], may_be_missing=True)], [[[1, np.nan]]])
case("null.json", [port("x", [1, 2])], error="tensor `x`: entry 1 is NaN; expected a finite number")
for name, document, ports, error in [
    ("seven", '{"input_data": [[1, 2, 3, 4, 5, 6, 7]]}', picture, "expected a flat list of 6 entries, or lists nested as shape [1, 2, 3], for each sample, got a flat list of 7 entries"),
    ("ragged", '{"input_data": [[[[1, 2, 3], [4, 5]]]]}', picture, "lists of one length at each depth"),
    ("word", '{"input_data": [[1, "a", 3, 4]]}', one, "tensor `x`: entry 1 is `a`; expected a number"),
    ("deep", '{"input_data": [[1, [2], 3, 4]]}', one, "entry 1 is a list; expected a single entry"),
    ("object_inside", '{"x": [1, {"a": 1}, 3, 4]}', one, "entry 1 is an object"),
    ("nan", '{"input_data": [[1,\n NaN, 3, 4]]}', one, "NaN or infinity at line 2, column"),
    ("twice", '{"x": [1, 2, 3, 4], "x": [1, 2, 3, 4]}', one, "a key twice"),
    ("half", '{"input_data": [[1, 2', one, "in the middle: is it the whole file?"),
    ("python", "{'input_data': [[1]]}", one, "it is not JSON from line 1, column 2 on"),
    ("other_names", '[{"x": [1,2,3,4]}, {"y": 1}]', one, "object 1: no tensor `x`; expected `x`, found `y`"),
    ("mixed", '[{"x": [1,2,3,4]}, 5]', one, "object 1: expected an object"),
    ("number", "5", both, "with a list for each input of the model (`a`, `b`)"),
    ("three_for_two", '{"input_data": [[1], [2], [3]]}', both, "expected a list for each input of the model (`a`, `b`), got 3 values"),
]:
    case(text(f"{name}.json", document), ports, error=error)
case(text("two.json", '{"input_data": [[1, 2, 3, 4], [5]]}'), both, [[[1, 2, 3, 4], [5]]])
case(text("own_name.json", '{"input_data": [1, 2, 3, 4]}'), [port("input_data", [1, 4])], [[[1, 2, 3, 4]]])
case(text("table.parquet", "PAR1"), one, error="save the table as text")

(FOLDER / "cases.json").write_text(json.dumps(cases, indent=1))
