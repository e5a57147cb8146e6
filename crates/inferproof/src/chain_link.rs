//! What ties the proofs of a chain together, for people and machines.

use crate::chain::Chain;
use inferproof_inference::{Tie, hex};
use serde::Serialize;
use std::fmt;

/// What ties proofs together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ChainLink {
    /// Parts of one run.
    Slices {
        /// What passes between them.
        tensor: String,
        /// The proof that makes it; nobody makes an input of the model.
        made_by: Option<String>,
        /// The proofs that read it.
        read_by: Vec<String>,
        /// By what they speak of the same.
        by: Tied,
    },
    /// Steps of one history.
    Steps {
        /// What a step leaves.
        output: String,
        /// Where it goes in the next one.
        input: String,
        /// Where the first step begins, if somebody sees it.
        start: Option<Tied>,
        /// Where the last one ends.
        end: Option<Tied>,
    },
}

/// By what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tied {
    /// These integers, which the proofs show.
    Integers(Vec<i64>),
    /// The commitment with this identifier.
    Commitment(String),
}

impl Chain {
    /// What ties the proofs together, which have these names, in the order in which they were given.
    #[must_use]
    pub fn links(&self, names: &[&str]) -> Vec<ChainLink> {
        let name = |&place: &usize| names.get(place).map(|&name| name.to_owned());
        match self {
            Self::Slices(chain) => {
                let links = chain.links.iter().map(|link| ChainLink::Slices {
                    tensor: link.tensor.clone(),
                    made_by: link.maker.as_ref().and_then(name),
                    read_by: link.readers.iter().filter_map(name).collect(),
                    by: (&link.tie).into(),
                });
                links.collect()
            }
            Self::Steps(chain) => {
                let links = chain.links.iter().map(|link| ChainLink::Steps {
                    output: link.output.clone(),
                    input: link.input.clone(),
                    start: link.start.as_ref().map(Tied::from),
                    end: link.end.as_ref().map(Tied::from),
                });
                links.collect()
            }
        }
    }
}

impl From<&Tie> for Tied {
    fn from(tie: &Tie) -> Self {
        match tie {
            Tie::Integers(values) => Self::Integers(values.clone()),
            Tie::Commitment(id) => Self::Commitment(hex(id)),
        }
    }
}

impl fmt::Display for Tied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// How many integers are printed.
        const SHOWN: usize = 8;
        match self {
            Self::Commitment(id) => write!(f, "commitment {id}"),
            Self::Integers(values) => {
                let shown: Vec<String> = values.iter().take(SHOWN).map(i64::to_string).collect();
                let more = if values.len() > SHOWN { ", ..." } else { "" };
                write!(f, "integers [{}{more}]", shown.join(", "))
            }
        }
    }
}

impl fmt::Display for ChainLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_hidden = |tied: &Option<Tied>| match tied {
            Some(tied) => tied.to_string(),
            None => "what nobody sees".to_owned(),
        };
        match self {
            Self::Slices {
                tensor,
                made_by,
                read_by,
                by,
            } => {
                let read_by = read_by.join(", ");
                match made_by {
                    Some(maker) => write!(
                        f,
                        "{tensor}: made by {maker}, read by {read_by}, the same {by}"
                    ),
                    None => write!(
                        f,
                        "{tensor}: an input of the model, read by {read_by}, the same {by}"
                    ),
                }
            }
            Self::Steps {
                output,
                input,
                start,
                end,
            } => write!(
                f,
                "{output} of a step is {input} of the next one; from {} to {}",
                or_hidden(start),
                or_hidden(end)
            ),
        }
    }
}
