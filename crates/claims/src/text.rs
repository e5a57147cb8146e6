//! The canonical text of a claim.

use crate::claim::{Claim, Comparison, Node};
use crate::number::Number;
use crate::quantity::{Function, Place, Quantity};
use crate::scope::Scope;
use crate::sum::Summand;
use crate::token::is_plain;
use std::fmt::Write;

/// How strongly a formula holds together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Comparison,
}

/// A formula in text.
struct Formula {
    text: String,
    binding: Binding,
    /// The text of its opposite, where that has one of its own.
    opposite: Option<String>,
}

impl Formula {
    /// In parentheses, unless it holds together more strongly than this.
    fn within(self, binding: Binding) -> String {
        match self.binding > binding {
            true => self.text,
            false => format!("({})", self.text),
        }
    }
}

impl Claim {
    /// The canonical text, with the names that the program gives: parsed, it is this claim again.
    ///
    /// A claim that [`Claim::check`] refuses has a text as well, for messages; what is no formula at all has none.
    #[must_use]
    pub fn text(&self, scope: &Scope<'_>) -> String {
        // The time that it takes is bounded by the depth, which is checked.
        if self.check_form().is_err() {
            return String::new();
        }
        let mut formulas: Vec<Formula> = Vec::new();
        for node in &self.0 {
            let formula = match node {
                Node::Comparison(comparison) => Formula {
                    text: comparison.text(scope),
                    binding: Binding::Comparison,
                    opposite: comparison.opposite(scope),
                },
                Node::Not => match formulas.pop() {
                    Some(Formula {
                        opposite: Some(text),
                        ..
                    }) => Formula {
                        text,
                        binding: Binding::Comparison,
                        opposite: None,
                    },
                    inner => Formula {
                        text: format!(
                            "not {}",
                            inner.map(|f| f.within(Binding::Not)).unwrap_or_default()
                        ),
                        binding: Binding::Not,
                        opposite: None,
                    },
                },
                Node::And(members) => join(&mut formulas, *members, " and ", Binding::And),
                Node::Or(members) => join(&mut formulas, *members, " or ", Binding::Or),
            };
            formulas.push(formula);
        }
        formulas.pop().map(|f| f.text).unwrap_or_default()
    }
}

fn join(formulas: &mut Vec<Formula>, members: u32, word: &str, binding: Binding) -> Formula {
    let members = usize::try_from(members).unwrap_or(usize::MAX);
    let members = formulas.split_off(formulas.len().saturating_sub(members));
    let members: Vec<String> = members.into_iter().map(|f| f.within(binding)).collect();
    Formula {
        text: members.join(word),
        binding,
        opposite: None,
    }
}

impl Comparison {
    pub fn text(&self, scope: &Scope<'_>) -> String {
        match self {
            Self::Relation {
                sum,
                relation,
                number,
            } => format!("{} {} {number}", sum_text(sum, scope), relation.symbol()),
            Self::Range { sum, low, high } => {
                format!("{} in [{low}, {high}]", sum_text(sum, scope))
            }
            Self::Among { sum, numbers } => {
                format!(
                    "{} in {{{}}}",
                    sum_text(sum, scope),
                    comma_separated(numbers)
                )
            }
            Self::Texts { entry, texts } => {
                let entry = place_text(entry, scope);
                let texts: Vec<String> = texts.iter().map(|text| quoted_text(text)).collect();
                match texts.as_slice() {
                    [text] => format!("{entry} == {text}"),
                    _ => format!("{entry} in {{{}}}", comma_separated(&texts)),
                }
            }
            Self::Missing { entry } => format!("missing({})", place_text(entry, scope)),
        }
    }

    fn opposite(&self, scope: &Scope<'_>) -> Option<String> {
        match self {
            Self::Texts { entry, texts } => match texts.as_slice() {
                [text] => Some(format!(
                    "{} != {}",
                    place_text(entry, scope),
                    quoted_text(text)
                )),
                _ => None,
            },
            Self::Relation { .. }
            | Self::Range { .. }
            | Self::Among { .. }
            | Self::Missing { .. } => None,
        }
    }
}

fn comma_separated(all: &[impl ToString]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}

/// `2*x[0] - x[1]`: a sum of quantities, each by its name.
pub(crate) fn sum_text(sum: &[Summand], scope: &Scope<'_>) -> String {
    let terms = sum.iter().map(|summand| {
        let quantity = quantity_text(&summand.quantity, scope);
        (summand.factor, quantity)
    });
    linear_text(terms)
}

/// A sum of multiples.
pub(crate) fn linear_text(terms: impl Iterator<Item = (Number, String)>) -> String {
    let mut text = String::new();
    for (factor, what) in terms {
        let sign = match (text.is_empty(), factor.is_negative()) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        let size = if factor.is_negative() {
            factor.negated()
        } else {
            factor
        };
        // Writing to a string never fails.
        let _ = match size == Number::ONE {
            true => write!(text, "{sign}{what}"),
            false => write!(text, "{sign}{size}*{what}"),
        };
    }
    text
}

pub(crate) fn quantity_text(quantity: &Quantity, scope: &Scope<'_>) -> String {
    let place = place_text(&quantity.of, scope);
    if quantity.function == Function::Entry {
        return place;
    }
    format!("{}({place})", quantity.function.name())
}

pub(crate) fn place_text(place: &Place, scope: &Scope<'_>) -> String {
    let name = scope.name(place);
    match place.index.as_slice() {
        [] => name,
        index => format!("{name}[{}]", comma_separated(index)),
    }
}

/// A name, in quotation marks if it needs them.
pub(crate) fn quoted(name: &str) -> String {
    match is_plain(name) {
        true => name.to_owned(),
        false => quoted_text(name),
    }
}

/// A text in quotation marks. What cannot be seen, or changes the order of what is seen, is escaped.
pub(crate) fn quoted_text(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            _ if is_hidden(character) => {
                quoted.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The first of many, for a message.
pub(crate) fn list(all: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 12;
    let all: Vec<String> = all.collect();
    let shown: Vec<&str> = all.iter().take(SHOWN).map(String::as_str).collect();
    let shown = shown.join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
