//! Pages to look at: one self-contained HTML file about a model, or about a proof.
//!
//! A page is made from public files alone: a key, the card beside it, a proof, and what verifying it gave. So nothing secret can come to
//! stand on it. Names come from strangers' files; the template library escapes them all. A page loads nothing and runs nothing.

mod accuracy;
mod costs;
mod frame;
mod graph;
mod model;
mod picture;
mod proof;
mod said;
mod seen;
mod values;
mod words;

pub use model::model_page;
pub use proof::{Judged, Timings, proof_page};
