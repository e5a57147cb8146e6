"""Spectra: Fourier transforms, windows, and weights of mel bands."""

import numpy as np


def fourier(case):
    n, length = case.int(1, 2), case.int(1, 8)
    case.floor = 0.05          # what cancels out is not zero for onnxruntime
    complex_ = case.chance(0.3)
    x = case.input((n, length, 2 if complex_ else 1))
    attributes = {}
    onesided = not complex_ and case.chance(0.4)
    if onesided:
        attributes["onesided"] = 1
    elif case.chance(0.3) and complex_:
        attributes["inverse"] = 1
    size = case.constant(np.array(case.int(1, 8), np.int64)) if case.chance(0.4) else None
    if case.has("axis"):
        case.output(case.this([x, size], **attributes, **case.some(axis=1)))
    else:
        axis = case.constant(np.array(case.pick(1, -2), np.int64)) if case.chance(0.5) else None
        case.output(case.this([x, size, axis], **attributes))


def short_time(case):
    n, frame, step = case.int(1, 2), case.pick(4, 8, 5), case.int(1, 3)
    length = frame + step * case.int(0, 3)
    x = case.input((n, length, 1))
    window = case.constant(case.reals((frame,), 0.1, 1))
    more = [case.constant(np.array(frame, np.int64))] if case.chance(0.5) else []
    case.output(case.this([x, case.constant(np.array(step, np.int64)), window, *more], **case.some(onesided=case.int(0, 1))))


def window(case):
    size = case.int(2, 8)
    made = case.this([case.constant(np.array(size, case.pick(np.int64, np.int32)))], **case.some(periodic=case.int(0, 1), output_datatype=1))
    case.output(case.node("Mul", [made, case.input((size,))]))


def mel(case):
    bands, dft = case.int(2, 4), case.pick(8, 16)
    bounds = [np.array(bands, np.int64), np.array(dft, np.int64), np.array(8000, np.int64), np.array(50, np.float32), np.array(3800, np.float32)]
    made = case.this([case.constant(b) for b in bounds])
    case.output(case.node("MatMul", [case.input((2, dft // 2 + 1), 0, 2), made]))


OPERATIONS = {"DFT": (fourier, 2), "STFT": (short_time, 2), "HannWindow": window, "HammingWindow": window, "BlackmanWindow": window, "MelWeightMatrix": mel}
