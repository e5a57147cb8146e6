//! What a model's card says, as far as pages show it. A card is its maker's word, and a file from outside: whatever is missing or of
//! another kind is left out.

use crate::card::FORMAT;
use crate::inspect::ShownEntry;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Of a card.
#[derive(Debug, Default)]
pub struct Said {
    pub source: Option<Source>,
    pub tolerance: Option<f64>,
    pub trials: Vec<Trial>,
    pub calibration: Option<Measured>,
    pub evaluation: Option<Measured>,
    pub warnings: Vec<String>,
    pub notes: Vec<String>,
    /// Numbers of the model that the key shows.
    pub shown: Vec<ShownEntry>,
    /// The weights' and the activations' widths.
    pub widths: Option<Widths>,
}

/// The file that the model was compiled from.
#[derive(Debug, Deserialize)]
pub struct Source {
    pub file: String,
    pub bytes: u64,
    pub opset: i64,
    pub blake3: Option<String>,
}

/// Bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Widths {
    pub weights: u32,
    pub activations: u32,
}

/// Widths that were tried.
#[derive(Debug, Deserialize)]
pub struct Trial {
    pub widths: Widths,
    pub equalized: bool,
    /// `None` if it was beyond all numbers.
    pub relative_error: Option<f64>,
}

/// Accuracy on some data.
#[derive(Debug, Deserialize)]
pub struct Measured {
    pub samples: usize,
    pub agreement: Agreement,
    pub float_correct: Option<usize>,
    pub integer_correct: Option<usize>,
}

/// Against the float model.
#[derive(Debug, Deserialize)]
pub struct Agreement {
    pub relative_error: Option<f64>,
    pub top1: usize,
    pub top1_of: usize,
}

impl Said {
    /// Of a card of this model, or why it is not one.
    pub fn of(card: &str, model_id: &str) -> Result<Self, &'static str> {
        let card: Value = serde_json::from_str(card).map_err(|_| "it is not JSON")?;
        if card["format"] != FORMAT {
            return Err("it is of another format");
        }
        if card["model_id"] != model_id {
            return Err("it is of another model");
        }
        let calibration = &card["calibration"];
        let messages = card["warnings"].as_array().into_iter().flatten();
        let messages = messages.filter_map(|w| w["message"].as_str());
        Ok(Self {
            source: part(&card["source"]),
            tolerance: card["quantization"]["tolerance"].as_f64(),
            trials: part(&calibration["trials"]).unwrap_or_default(),
            evaluation: part(&card["evaluation"]),
            warnings: messages.map(str::to_owned).collect(),
            notes: part(&calibration["notes"]).unwrap_or_default(),
            shown: part(&calibration["shown"]).unwrap_or_default(),
            widths: part(&calibration["widths"]),
            calibration: part(calibration),
        })
    }
}

fn part<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_of_something_else_says_nothing() {
        for (card, reason) in [
            ("{", "it is not JSON"),
            (
                r#"{"format":"inferproof model card 1"}"#,
                "it is of another format",
            ),
            (
                r#"{"format":"inferproof model card 2","model_id":"ab"}"#,
                "it is of another model",
            ),
        ] {
            assert_eq!(Said::of(card, "cd").unwrap_err(), reason);
        }
        let card = r#"{"format":"inferproof model card 2","model_id":"cd","source":7,"warnings":{"message":"x"}}"#;
        let said = Said::of(card, "cd").unwrap();
        assert!(said.source.is_none() && said.warnings.is_empty());
    }
}
