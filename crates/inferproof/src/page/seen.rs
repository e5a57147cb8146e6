//! What is public of a model, and what is hidden.

use super::frame::{counted, id, short};
use crate::card::Described;
use crate::inspect::{KeyReport, ShownEntry};
use crate::quantities::{Count, Shape};
use inferproof_inference::Visible;
use maud::{Markup, html};

/// A table of everything that could be seen, and by whom it is.
pub fn table(key: &KeyReport) -> Markup {
    let weights = match key.weights_visibility {
        Visible::Public => (
            html! { span.word.public { "public" } },
            "Whoever has the public folder has them, and recomputes the commitment.",
        ),
        Visible::Private => (
            html! { span.word.hidden { "hidden" } },
            "In a hiding commitment; every weight is proven to be in its declared range.",
        ),
    };
    let each_proof = html! { span.word { "each proof says" } };
    html! {
        div.scroll { table {
            caption { "Who sees what of this model and its runs" }
            thead { tr { th scope="col" { "What" } th scope="col" { "Who sees it" } th scope="col" { "How" } } }
            tbody {
                tr {
                    th scope="row" { (Count(key.weights)) " weights" }
                    td { (weights.0) }
                    td { (weights.1) " Committed as " (id(&key.weights_id)) "." }
                }
                @for (role, tensors) in [("Input", &key.inputs), ("Output", &key.outputs)] {
                    @for tensor in tensors {
                        tr {
                            th scope="row" { (role) " " code { (tensor.name) } }
                            td { (each_proof) }
                            td { (description(tensor)) }
                        }
                    }
                }
                tr {
                    th scope="row" { "Values computed on the way" }
                    td { span.word.hidden { "hidden" } }
                    td { "Always." }
                }
                tr {
                    th scope="row" { "Architecture" }
                    td { span.word.public { "public" } }
                    td { "Operations, their order, shapes and names." }
                }
                tr {
                    th scope="row" { "Scales, ranges and tables" }
                    td { span.word.public { "public" } }
                    td {
                        "They stand in the key: the scale and the range of every tensor, "
                        @if key.tables > 0 { (counted(key.tables, "function table")) ", " }
                        "and numbers that stand alone in the model (a slope, a factor, an exponent)."
                    }
                }
            }
        } }
        p.faint {
            "Whether an input or output is shown, hidden or committed is no property of the model: the statement of each proof says it. "
            "The declared range of a hidden tensor is public, and a public output may determine a hidden input."
        }
    }
}

/// Numbers of a model with secret weights that its key shows, by node; `None` if nothing is known that the key vouches for.
pub fn numbers(shown: Option<&[ShownEntry]>) -> Markup {
    let Some(shown) = shown else {
        return html! {
            p.faint { "Which numbers of the model stand in the key is listed in the card that the key was made with, which is not beside it." }
        };
    };
    if shown.is_empty() {
        return html! { p { "No number of the model stands in the key: all are in the commitment." } };
    }
    html! {
        details {
            summary { "Numbers of the model that the key shows, though its weights are hidden: of " (counted(shown.len(), "node")) }
            div.scroll { table {
                caption { "By the card, whose digest is in the key" }
                thead { tr { th scope="col" { "Node" } th scope="col" { "What they are" } th scope="col" { "How many" } } }
                tbody {
                    @for entry in shown {
                        tr {
                            th scope="row" { code { (short(&entry.node, 120)) } }
                            td { (entry.what) }
                            td { (Count(entry.count)) }
                        }
                    }
                }
            } }
        }
    }
}

/// The shape of a tensor, and what its integers mean.
pub fn description(tensor: &Described) -> Markup {
    /// So many strings are listed.
    const LISTED: usize = 12;
    let unit = 2f64.powi(-tensor.scale_log2);
    let (low, high) = (tensor.low as f64 * unit, tensor.high as f64 * unit);
    html! {
        (Shape(&tensor.shape)) ", "
        @if tensor.categories.is_empty() {
            "numbers from " (number(low)) " to " (number(high))
            @if tensor.scale_log2 != 0 { ", in steps of 2" sup { (-i64::from(tensor.scale_log2)) } }
        } @else {
            "strings: "
            @for (place, category) in tensor.categories.iter().take(LISTED).enumerate() {
                @if place > 0 { ", " } code { (category) }
            }
            @if tensor.categories.len() > LISTED { " and " (tensor.categories.len() - LISTED) " more" }
        }
        @if tensor.missing.is_some() { ", or missing" }
    }
}

/// A real number with five digits at most.
pub fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 {
        "0".into()
    } else if !(1e-4..1e7).contains(&magnitude) {
        format!("{value:.3e}")
    } else {
        let decimals = (4 - magnitude.log10().floor() as i32).clamp(0, 8);
        let text = format!("{value:.*}", decimals as usize);
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_have_five_digits() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.999_023_4, "0.99902"),
            (-123_456.7, "-123457"),
            (100.0, "100"),
            (1e-9, "1.000e-9"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
