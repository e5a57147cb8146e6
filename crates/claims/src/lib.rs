//! The language of claims: what may be said of a run beyond its being one.
//!
//! A [`Claim`] is a boolean formula over the inputs and outputs of an integer program: `score[0] >= 0.8`, `argmax(label) == 3`,
//! `age[0] in [18, 65] and not missing(income[0])`. It is read from text ([`Claim::parse`]), has one canonical text and one canonical value
//! ([`Claim::check`] refuses any other), and is a statement about *integers*: [`Claim::explain`] says which ones satisfy it.
//! [`Claim::add_to`] puts the nodes that compute it behind a program, so that whoever proves the program proves the claim;
//! [`Claim::holds`] evaluates it without them.
//!
//! All arithmetic is exact, on rational numbers and integers.
//!
//! ```
//! use inferproof_claims::{Claim, Scope};
//! use inferproof_program::Builder;
//!
//! let mut builder = Builder::new();
//! let score = builder.input("score", &[1], -(1 << 15)..=(1 << 15) - 1)?;
//! builder.set_scale(score, 14);
//! builder.output(score);
//! let program = builder.finish()?;
//! let scope = Scope::new(&program);
//!
//! let claim = Claim::parse("0.8 <= output:score[0]", &scope)?;
//! assert_eq!(claim.text(&scope), "output:score[0] >= 0.8");
//! let [meaning] = claim.explain(&scope)?.try_into().unwrap();
//! assert_eq!(meaning.integers, "n >= 13108, where n is the integer of `output:score[0]`, in units of 2^-14");
//! assert!(claim.holds(&scope, &[vec![13108]], &[vec![13108]])?);
//! assert!(!claim.holds(&scope, &[vec![13107]], &[vec![13107]])?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::wildcard_enum_match_arm
    )
)]

mod check;
mod claim;
mod error;
mod explain;
mod holds;
mod joins;
mod lower;
mod meaning;
mod number;
mod parse;
mod quantity;
mod role;
mod scope;
mod sum;
mod text;
mod token;

#[cfg(test)]
mod tests;

pub use claim::Claim;
pub use error::{ClaimError, ClaimProblem, MarkedLine};
pub use explain::Explained;
pub use role::Role;
pub use scope::Scope;
