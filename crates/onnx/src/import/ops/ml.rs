//! Operations of the domain `ai.onnx.ml`, of classical models: whatever stands in the folder `ml` is known to the
//! [registry](crate::import::registry). Where onnxruntime and the specification differ, imports do what onnxruntime does.

automod::dir!("src/import/ops/ml");
