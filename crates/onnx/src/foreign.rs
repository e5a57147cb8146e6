//! What a file is that is no ONNX model, by its content, and the way from there to one.

/// How many bytes at either end of a file are searched for names.
const SEARCHED: usize = 1 << 16;

/// What the bytes are, as the end of a sentence that says they are no ONNX model.
pub fn recognize(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "it is empty; fetch it again".into();
    }
    let found = by_start(bytes).or_else(|| by_names(bytes));
    found.map_or_else(|| begins_as_onnx(bytes), ToOwned::to_owned)
}

const TORCH: &str = "it is a checkpoint of PyTorch; load it in Python and export the model: `torch.onnx.export(model.eval(), example, \"model.onnx\")`";
const TORCH_SCRIPT: &str = "it is TorchScript; export the module that it was made from: `torch.onnx.export(model.eval(), example, \"model.onnx\")`";
const KERAS: &str = "it is a model of Keras; load it and export it: `model.export(\"model.onnx\", format=\"onnx\")`, or with tf2onnx";
const TENSORFLOW: &str = "it is a model of TensorFlow; convert its folder: `python -m tf2onnx.convert --saved-model FOLDER --output model.onnx`";
const PICKLE: &str = "it is a Python pickle (of scikit-learn, joblib or the like); load it in Python and convert it: `skl2onnx.to_onnx(model, example)`, or give the fitted model to inferproof's Python package";
const CORE_ML: &str =
    "it is a Core ML model, which cannot be converted back; export the model that it was made from";
const XGBOOST: &str = "it is a model of XGBoost; load it and convert it with `onnxmltools.convert_xgboost`, or give it to inferproof's Python package";
const PACKED: &str = "it is compressed; unpack it first";

/// Files that begin with a mark of their own.
fn by_start(bytes: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, mark: &[u8]| {
        bytes
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(mark))
    };
    let text = bytes.trim_ascii_start();
    let lower: Vec<u8> = text.iter().take(256).map(u8::to_ascii_lowercase).collect();
    let says = |word: &[u8]| contains(&lower, word);
    Some(match bytes {
        _ if at(0, b"infproof") => match bytes.get(8) {
            Some(2) => "it is a proof of inferproof; give the ONNX file of the model",
            _ => "it is a verifying key of inferproof, made from a model; give the ONNX file",
        },
        _ if at(0, b"version https://git-lfs") => {
            "it is a pointer of Git LFS in the place of the file; fetch the file: `git lfs pull`"
        }
        _ if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") => {
            "it is a web page; on a page that shows a file, use its link to download it"
        }
        _ if lower.starts_with(b"<") && says(b"<net") => {
            "it is a model of OpenVINO; export the model that it was made from"
        }
        _ if at(4, b"TFL3") => {
            "it is a TensorFlow Lite model; convert it: `python -m tf2onnx.convert --tflite model.tflite --output model.onnx`"
        }
        _ if at(4, b"ORTM") => {
            "it is a model in onnxruntime's own format; give the ONNX file that it was made from"
        }
        _ if at(0, b"\x89HDF\r\n\x1a\n") => KERAS,
        _ if at(0, b"GGUF") || at(0, b"ggml") || at(0, b"lmgg") => {
            "it is a model of llama.cpp (GGUF), which holds quantized weights alone; export the original model: `optimum-cli export onnx --model NAME FOLDER`"
        }
        _ if at(0, b"\x93NUMPY") => "it is an array of numpy; give the ONNX file of the model",
        _ if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") => archive(bytes),
        // The number that began checkpoints before they were archives.
        _ if at(
            0,
            b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
        ) =>
        {
            TORCH
        }
        [0x80, 2..=5, ..] if contains(ends(bytes).0, b"torch") => TORCH,
        [0x80, 2..=5, ..] => PICKLE,
        // What joblib compresses by default; a zlib stream is no protobuf.
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => PICKLE,
        _ if is_safetensors(bytes) => {
            "it holds weights alone (safetensors); load them into their model and export that: `torch.onnx.export(..)`, or of Hugging Face `optimum-cli export onnx --model NAME FOLDER`"
        }
        _ if at(0, b"CBM1") => {
            "it is a model of CatBoost; save it as ONNX: `model.save_model(\"model.onnx\", format=\"onnx\")`"
        }
        _ if at(0, b"tree\n") && says(b"version=") => {
            "it is a model of LightGBM; load it and convert it with `onnxmltools.convert_lightgbm`, or give it to inferproof's Python package"
        }
        _ if at(0, b"{") && contains(ends(bytes).0, b"learner") => XGBOOST,
        _ if text.starts_with(b"{") || text.starts_with(b"[") => {
            "it is JSON; give the ONNX file of the model"
        }
        _ if at(0, b"\x1f\x8b") || at(0, b"\x28\xb5\x2f\xfd") || at(0, b"\xfd7zXZ") => PACKED,
        _ if at(0, b"7z\xbc\xaf") || at(0, b"Rar!") || at(0, b"BZh") => PACKED,
        _ if at(257, b"ustar") => PACKED,
        _ if at(0, b"%PDF") || at(0, b"\x89PNG") || at(0, b"\xff\xd8\xff") => {
            "it is a document or a picture; give the ONNX file of the model"
        }
        _ if at(0, b"PAR1") => "it is a table (Parquet); give the ONNX file of the model",
        _ => return None,
    })
}

/// Archives, by what is in them. Names stand in front of each file and at the end.
fn archive(bytes: &[u8]) -> &'static str {
    let (start, end) = ends(bytes);
    let holds = |name: &[u8]| contains(start, name) || contains(end, name);
    if holds(b"model.weights.h5") || holds(b"metadata.json") && holds(b"config.json") {
        KERAS
    } else if holds(b"constants.pkl") {
        TORCH_SCRIPT
    } else if holds(b"data.pkl") {
        TORCH
    } else if holds(b"saved_model.pb") {
        TENSORFLOW
    } else if holds(b".mlmodel") {
        CORE_ML
    } else if holds(b".onnx") {
        "it is an archive with an ONNX file inside; unpack it first"
    } else if holds(b".npy") {
        "it is an archive of numpy's arrays; give the ONNX file of the model"
    } else {
        "it is an archive; unpack it and give the ONNX file of the model"
    }
}

/// A length of eight bytes, then so many bytes of a JSON object.
fn is_safetensors(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return false;
    };
    let length = u64::from_le_bytes(*length);
    rest.first() == Some(&b'{') && length > 1 && length < 1 << 32
}

/// Protobuf of others has no mark; names that all such files have tell it.
fn by_names(bytes: &[u8]) -> Option<&'static str> {
    let (start, end) = ends(bytes);
    let says = |word: &[u8]| contains(start, word) || contains(end, word);
    if says(b"coremltools") || says(b"com.github.apple") {
        Some(CORE_ML)
    } else if says(b"saved_model") || says(b"StatefulPartitionedCall") || says(b"tensorflow") {
        Some(TENSORFLOW)
    } else if says(b"Placeholder") && says(b"dtype") {
        Some(
            "it is a frozen graph of TensorFlow; convert it: `python -m tf2onnx.convert --graphdef model.pb --inputs NAME:0 --outputs NAME:0 --output model.onnx`",
        )
    } else {
        None
    }
}

/// What can be said of a file without a mark.
fn begins_as_onnx(bytes: &[u8]) -> String {
    // The version of the format, then another field of a model.
    let is_onnx = matches!(
        bytes,
        [
            0x08,
            1..=32,
            0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42,
            ..
        ]
    );
    if is_onnx {
        return format!(
            "it begins as one, and then is cut short or damaged (it has {} bytes); fetch it again",
            bytes.len()
        );
    }
    if bytes.iter().all(|&b| b == 0) {
        return "it holds zeros alone; fetch it again".into();
    }
    let start = bytes.get(..512).unwrap_or(bytes);
    let is_plain = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    if start.iter().all(is_plain) {
        return "it is text; give the ONNX file of the model".into();
    }
    "it is of no kind that is known here, or damaged; if it holds a model's weights (`.data`, `.bin`), give the ONNX file beside it".into()
}

/// The bytes at both ends.
fn ends(bytes: &[u8]) -> (&[u8], &[u8]) {
    let start = bytes.get(..SEARCHED).unwrap_or(bytes);
    let end = bytes.len().saturating_sub(SEARCHED);
    (start, bytes.get(end..).unwrap_or_default())
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|w| w == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_content() {
        let zip = |name: &str| [b"PK\x03\x04", &[0; 26][..], name.as_bytes()].concat();
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (vec![], "empty"),
            (vec![0; 99], "zeros alone"),
            (b"infproof\x01\x02\x00\x01".to_vec(), "verifying key"),
            (b"infproof\x02\x02\x00\x01".to_vec(), "a proof"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid".to_vec(),
                "git lfs pull",
            ),
            (b"\n<!DOCTYPE html><html>".to_vec(), "web page"),
            (b"\x1c\0\0\0TFL3\0\0".to_vec(), "--tflite"),
            (b"\x89HDF\r\n\x1a\n\0".to_vec(), "Keras"),
            (zip("model.weights.h5"), "Keras"),
            (zip("archive/data.pkl"), "checkpoint of PyTorch"),
            (zip("net/constants.pkl"), "TorchScript"),
            (zip("arr_0.npy"), "numpy"),
            (b"\x80\x04\x95\x10sklearn".to_vec(), "skl2onnx.to_onnx"),
            (
                b"\x80\x02}q\0ctorch._utils".to_vec(),
                "checkpoint of PyTorch",
            ),
            (b"\x40\0\0\0\0\0\0\0{\"w\":{".to_vec(), "safetensors"),
            (b"GGUF\x03\0\0\0".to_vec(), "llama.cpp"),
            (b"CBM1\0".to_vec(), "CatBoost"),
            (
                b"\x08\x01\x12\x99\xff saved_model_main_op".to_vec(),
                "--saved-model",
            ),
            (b"\x08\x04\x12\x10 coremltools".to_vec(), "Core ML"),
            (b"{\"input_data\": [[1]]}".to_vec(), "JSON"),
            (b"{\"learner\": {}}".to_vec(), "XGBoost"),
            (b"\x1f\x8b\x08".to_vec(), "unpack it"),
            (
                b"\x08\x08\x12\x07pytorch:\xff".to_vec(),
                "cut short or damaged (it has 13 bytes)",
            ),
            (b"import torch\n".to_vec(), "text"),
            (b"\x01\xff\x80\x3f".to_vec(), "beside it"),
        ];
        for (bytes, expected) in cases {
            let said = recognize(&bytes);
            assert!(said.contains(expected), "{said}: expected {expected}");
        }
    }
}
