//! Statements as JSON, for people: tensors stand by name, digests in hexadecimal digits.
//!
//! Every input and output must be listed: a name that is missing, misspelt or given twice is an error, never a default, since a default
//! of "public" would show a value and one of "private" would let a prover hide one.

use super::error::StatementError;
use super::{Listed, Role, Statement, Visibility};
use crate::execution::{Batch, Execution, Measure, Place, Score, Slice, name_of, tensor_named};
use crate::{Digest, hex};
use inferproof_claims::Scope;
use inferproof_program::{Program, TensorId, ValidProgram};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// The document's `format`.
pub const FORMAT: &str = "inferproof statement 2";

/// The document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    model_id: Hexadecimal,
    range_proof_id: Hexadecimal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slice: Option<Part>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    samples: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_set: Option<DataSetPlace>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<Counted>,
    inputs: Entries,
    outputs: Entries,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    claims: Vec<String>,
    context: Context,
}

/// A part of the program, by the names of tensors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    from: Vec<String>,
    to: Vec<String>,
}

/// Where the samples stand in a data set.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataSetPlace {
    id: Hexadecimal,
    start: u64,
    total: u64,
}

/// What is counted over the samples.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    measure: MeasureName,
    output: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    groups: Option<u32>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MeasureName {
    Accuracy,
    Error,
    Confusion,
}

/// A digest as hexadecimal digits.
struct Hexadecimal(Digest);

impl Serialize for Hexadecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hexadecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = unhex(&text).and_then(|bytes| bytes.try_into().ok());
        let wrong = || serde::de::Error::custom("expected 64 hexadecimal digits");
        bytes.map(Self).ok_or_else(wrong)
    }
}

/// The bytes that an even number of lower-case hexadecimal digits stand for.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    pairs.iter().map(byte).collect()
}

/// A context: its text, or its bytes where they are none.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Context {
    Text(String),
    Bytes(Bytes),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bytes {
    hex: String,
}

/// What is said of a tensor.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Public,
    Private,
    Commit,
    Committed(Hexadecimal),
}

/// Names and what is said of them, in the order of the document; a map would silently keep the last of two.
struct Entries(Vec<(String, Said)>);

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, said)| (name, said)))
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object from names to what is said of them")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

impl Statement {
    /// As JSON, with the names that the model's program gives.
    #[must_use]
    pub fn to_json(&self, model: &ValidProgram) -> String {
        // Of a statement that is not of this model, tensors have no names.
        let program = self.execution.program(model).ok();
        let entries = |list: &[Listed]| {
            let entries = list.iter().map(|listed| {
                let tensor = program.as_ref().and_then(|p| p.tensor(listed.tensor));
                let name = tensor.map(|t| t.name.clone());
                let name = name.unwrap_or_else(|| format!("#{}", listed.tensor.0));
                let said = match listed.visibility {
                    Visibility::Public => Said::Public,
                    Visibility::Private => Said::Private,
                    Visibility::Commit => Said::Commit,
                    Visibility::Committed(id) => Said::Committed(Hexadecimal(id)),
                };
                (name, said)
            });
            Entries(entries.collect())
        };
        let names = |ids: &[TensorId]| ids.iter().map(|&id| name_of(model, id)).collect();
        let Execution {
            slice,
            batch,
            score,
        } = &self.execution;
        let document = Document {
            format: FORMAT.to_owned(),
            model_id: Hexadecimal(self.model_id),
            range_proof_id: Hexadecimal(self.range_proof_id),
            slice: slice.as_ref().map(|slice| Part {
                from: names(&slice.inputs),
                to: names(&slice.outputs),
            }),
            samples: batch.map(|batch| batch.samples),
            data_set: batch.and_then(|batch| batch.of).map(|place| DataSetPlace {
                id: Hexadecimal(place.data_set),
                start: place.start,
                total: place.total,
            }),
            score: score.map(|score| Counted {
                measure: match score.measure {
                    Measure::Accuracy => MeasureName::Accuracy,
                    Measure::Error => MeasureName::Error,
                    Measure::Confusion => MeasureName::Confusion,
                },
                output: self.output_name(model, score.output),
                groups: score.groups,
            }),
            inputs: entries(&self.inputs),
            outputs: entries(&self.outputs),
            claims: self.claim_texts(model),
            context: match std::str::from_utf8(&self.context) {
                Ok(text) => Context::Text(text.to_owned()),
                Err(_) => Context::Bytes(Bytes {
                    hex: self.context.iter().map(|b| format!("{b:02x}")).collect(),
                }),
            },
        };
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }

    /// From JSON that speaks of this model.
    ///
    /// # Errors
    /// If it is not a statement, the model cannot be run as it says, or it does not list every input and output exactly once.
    pub fn from_json(model: &ValidProgram, json: &str) -> Result<Self, StatementError> {
        let document: Document =
            serde_json::from_str(json).map_err(|e| StatementError::Format(e.to_string()))?;
        if document.format != FORMAT {
            return Err(StatementError::Format(format!(
                "its format is {:?}, expected {FORMAT:?}",
                document.format
            )));
        }
        let context = match document.context {
            Context::Text(text) => text.into_bytes(),
            Context::Bytes(Bytes { hex }) => unhex(&hex).ok_or_else(|| {
                StatementError::Format("context: expected pairs of hexadecimal digits".into())
            })?,
        };
        let execution = execution(
            model,
            document.slice,
            document.samples,
            document.data_set,
            document.score,
        )?;
        let program = execution.program(model)?;
        let statement = Self {
            model_id: document.model_id.0,
            range_proof_id: document.range_proof_id.0,
            execution,
            inputs: listed(&program, Role::Input, &program.inputs, document.inputs)?,
            outputs: listed(&program, Role::Output, &program.outputs, document.outputs)?,
            claims: Vec::new(),
            context,
        };
        let claims = document.claims.iter();
        Ok(claims
            .into_iter()
            .try_fold(statement, |statement, text| statement.claim(model, text))?)
    }

    /// The canonical texts of what it claims; none of a statement that is not of this model.
    #[must_use]
    pub fn claim_texts(&self, model: &ValidProgram) -> Vec<String> {
        match self.execution.of_one_sample().program(model) {
            Ok(program) => {
                let scope = Scope::new(&program);
                self.claims.iter().map(|claim| claim.text(&scope)).collect()
            }
            Err(_) => Vec::new(),
        }
    }

    fn output_name(&self, model: &ValidProgram, place: u32) -> String {
        let program = self.execution.of_one_sample().program(model).ok();
        let id = program
            .as_ref()
            .and_then(|p| p.outputs.get(usize::try_from(place).ok()?));
        let tensor = id.and_then(|&id| program.as_ref()?.tensor(id));
        tensor.map_or_else(|| format!("#{place}"), |t| t.name.clone())
    }
}

/// How a document says that the model is run.
fn execution(
    model: &ValidProgram,
    slice: Option<Part>,
    samples: Option<u64>,
    data_set: Option<DataSetPlace>,
    score: Option<Counted>,
) -> Result<Execution, StatementError> {
    let ids = |names: &[String]| {
        let found = names.iter().map(|name| tensor_named(model, name));
        found.collect::<Result<Vec<_>, _>>()
    };
    let slice = match slice {
        Some(Part { from, to }) => Some(Slice {
            inputs: ids(&from)?,
            outputs: ids(&to)?,
        }),
        None => None,
    };
    let of = data_set.map(|place| Place {
        data_set: place.id.0,
        start: place.start,
        total: place.total,
    });
    let batch = match (samples, of) {
        (Some(samples), of) => Some(Batch { samples, of }),
        (None, None) => None,
        (None, Some(_)) => {
            let reason = "`data_set` says where `samples` are, but how many is missing";
            return Err(StatementError::Format(reason.into()));
        }
    };
    let mut execution = Execution {
        slice,
        batch,
        score: None,
    };
    if let Some(Counted {
        measure,
        output,
        groups,
    }) = score
    {
        let program = execution.of_one_sample().program(model)?;
        let names = || {
            let tensors = program.outputs.iter().filter_map(|&id| program.tensor(id));
            tensors.map(|t| t.name.clone())
        };
        let place = names().position(|name| name == output);
        let place = place.and_then(|place| u32::try_from(place).ok());
        execution.score = Some(Score {
            measure: match measure {
                MeasureName::Accuracy => Measure::Accuracy,
                MeasureName::Error => Measure::Error,
                MeasureName::Confusion => Measure::Confusion,
            },
            output: place.ok_or_else(|| StatementError::Unknown {
                name: output,
                known: names().collect(),
            })?,
            groups,
        });
    }
    Ok(execution)
}

/// Every tensor of a list, with what is said of it.
fn listed(
    program: &Program,
    role: Role,
    ids: &[TensorId],
    entries: Entries,
) -> Result<Vec<Listed>, StatementError> {
    let role = match role {
        Role::Input => "input",
        Role::Output => "output",
    };
    let name_of = |id| {
        let tensor = program.tensor(id);
        tensor.map(|t| t.name.as_str()).unwrap_or_default()
    };
    for (position, (name, _)) in entries.0.iter().enumerate() {
        if !ids.iter().any(|&id| name_of(id) == name) {
            return Err(StatementError::Unknown {
                name: name.clone(),
                known: ids.iter().map(|&id| name_of(id).to_owned()).collect(),
            });
        }
        if entries.0.iter().take(position).any(|(n, _)| n == name) {
            return Err(StatementError::Twice {
                role,
                name: name.clone(),
            });
        }
    }
    let listed = ids.iter().map(|&tensor| {
        let name = name_of(tensor);
        let said = entries.0.iter().find(|(n, _)| n == name);
        let (_, said) = said.ok_or_else(|| StatementError::Missing {
            role,
            name: name.to_owned(),
        })?;
        let visibility = match said {
            Said::Public => Visibility::Public,
            Said::Private => Visibility::Private,
            Said::Commit => Visibility::Commit,
            Said::Committed(Hexadecimal(id)) => Visibility::Committed(*id),
        };
        Ok(Listed { tensor, visibility })
    });
    listed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use inferproof_program::{Node, Op, Tensor};

    /// Two inputs, of which the second is an output too, and an output of its own.
    fn program() -> ValidProgram {
        let tensor = |name: &str| Tensor {
            name: name.into(),
            shape: vec![2],
            low: 0,
            high: 3,
            scale_log2: 0,
        };
        let node = |output| Node {
            origin: "test".into(),
            output: TensorId(output),
            op: Op::Input,
        };
        Program {
            tensors: vec![tensor("x"), tensor("y")],
            nodes: vec![node(0), node(1)],
            inputs: vec![TensorId(0), TensorId(1)],
            outputs: vec![TensorId(1)],
            ..Program::default()
        }
        .validated()
        .unwrap()
    }

    #[test]
    fn a_statement_is_read_as_it_was_written() {
        let program = program();
        for context in [&b"request 17"[..], b"", &[0, 255, 17]] {
            let mut statement = Statement::plain(&program, [1; 32], [2; 32], context);
            for (name, seen) in [
                ("x", Visibility::Private),
                ("input:y", Visibility::Committed([7; 32])),
                ("output:y", Visibility::Commit),
            ] {
                statement.set(&program, name, seen).unwrap();
            }
            let json = statement.to_json(&program);
            assert_eq!(Statement::from_json(&program, &json), Ok(statement.clone()));
            let plain = Statement::plain(&program, [1; 32], [2; 32], context);
            assert_ne!(plain.canonical_bytes(), statement.canonical_bytes());
            assert_ne!(plain.digest(), statement.digest());
        }
    }

    #[test]
    fn names_are_never_defaults() {
        let program = program();
        let mut statement = Statement::plain(&program, [1; 32], [2; 32], b"");
        let json = statement.to_json(&program);
        let said = r#""x": "public","#;
        assert!(json.contains(said), "{json}");
        for (what, edited) in [
            ("x", json.replace(said, "")),
            ("z", json.replace(r#""x""#, r#""z""#)),
            ("x", json.replace(said, &said.repeat(2))),
            ("secret", json.replace(said, r#""x": "secret","#)),
            (
                "wishes",
                json.replace(r#""inputs""#, r#""wishes": [], "inputs""#),
            ),
            ("format", json.replace("statement 2", "statement 1")),
            ("hexadecimal", json.replace("0101", "010G")),
        ] {
            let error = Statement::from_json(&program, &edited).unwrap_err();
            assert!(error.to_string().contains(what), "{what}: {error}");
        }
        let unknown = statement.set(&program, "X", Visibility::Private);
        assert!(matches!(unknown, Err(StatementError::Unknown { .. })));
        let ambiguous = statement.set(&program, "y", Visibility::Private);
        assert!(matches!(ambiguous, Err(StatementError::Ambiguous { .. })));
        assert!(statement.is_plain());
        statement
            .set(&program, "inputs", Visibility::Private)
            .unwrap();
        let seen: Vec<_> = statement.listed().map(|(_, l)| l.visibility).collect();
        let private = Visibility::Private;
        assert_eq!(seen, [private, private, Visibility::Public]);
    }
}
