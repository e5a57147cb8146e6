//! What a proof costs, and from which sizes that follows.

use super::frame::{counted, facts};
use crate::estimate::Estimate;
use crate::inspect::KeyReport;
use crate::quantities::{Bytes, Count, Seconds};
use inferproof_inference::Forecast;
use maud::{Markup, html};

/// Two tables: the costs, and the sizes. The forecast is this machine's own, from the key alone.
pub fn tables(key: &KeyReport, forecast: &Forecast) -> Markup {
    let estimate = Estimate::from(forecast);
    let costs = [
        (
            "Time",
            html! { "about " (Seconds(estimate.seconds)) " on two cores" },
        ),
        ("Memory", html! { "about " (Bytes(estimate.memory_bytes)) }),
        (
            "Proof",
            html! {
                (Bytes(estimate.proof_bytes as u64)) ", of which the argument takes " (Bytes(forecast.argument_bytes as u64))
                " and inputs and outputs, where all are shown, up to " (Bytes(forecast.public_bytes as u64))
            },
        ),
        (
            "Key",
            html! {
                (Bytes(key.frame.bytes as u64)) ", of which " (counted(key.range_proofs, "range proof")) " take "
                (Bytes(key.range_proof_bytes as u64)) ", verified once"
            },
        ),
    ];
    let sizes = [
        ("Nodes of the program", html! { (Count(key.nodes)) }),
        (
            "Weights",
            html! { (Count(key.weights)) " in " (Count(key.committed_rows)) " committed rows of " (Count(key.row_entries)) },
        ),
        ("Values of a run", html! { (Count(forecast.run_entries)) }),
        (
            "Integers committed for a proof",
            html! { (Count(forecast.committed)) },
        ),
        (
            "Lookups",
            html! { (Count(forecast.lookups)) " in tables of " (Count(forecast.table_entries)) " entries" },
        ),
        ("Function tables", html! { (Count(key.tables)) }),
    ];
    html! {
        div.side {
            (facts("What one proof takes, estimated from the key", &costs))
            (facts("Sizes", &sizes))
        }
    }
}
