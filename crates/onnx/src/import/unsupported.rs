//! Operations that no proof has, and why: what is told instead of that they are unknown.

/// Why an operation of ONNX's own domain is not supported, and what to do.
pub fn reason(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "Bernoulli" | "Multinomial" | "RandomNormal" | "RandomNormalLike" | "RandomUniform"
        | "RandomUniformLike" => {
            "it draws random numbers, which nobody can compute again: draw them outside and make them an input"
        }
        "NonMaxSuppression" => {
            "which boxes are left cannot have a fixed shape: export the model without it, and choose boxes outside"
        }
        "Gradient" | "Momentum" | "Adam" | "Adagrad" => {
            "it belongs to training: export the model for inference"
        }
        "StringConcat" | "StringSplit" | "StringNormalizer" | "RegexFullMatch"
        | "TfIdfVectorizer" => "it computes with text: do that outside and make numbers the input",
        "ImageDecoder" => {
            "it reads a file of an image: decode it outside and make pixels the input"
        }
        _ => return None,
    })
}
