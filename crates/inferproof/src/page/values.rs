//! What a proof shows of a tensor: a picture, the largest entries, or the first ones.

use super::picture::{Picture, picture};
use super::seen::number;
use crate::quantities::{Count, Shape};
use crate::ranking::Ranking;
use inferproof_onnx::{Entries, meant};
use inferproof_program::{Program, Tensor, TensorId};
use maud::{Markup, html};

/// How many classes are shown.
const CLASSES: usize = 5;
/// How many entries are shown of what has no classes.
const ENTRIES: usize = 24;

/// Names of classes, and where they are from.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    pub names: &'a [String],
    pub from: &'a str,
}

/// Of an input: its picture if it looks like one, its first entries.
pub fn input(program: &Program, id: TensorId, integers: &[i64]) -> Markup {
    let Some((tensor, entries)) = program.tensor(id).zip(meant(program, id, integers)) else {
        return html! {};
    };
    let drawn = match (&entries, program.meaning(id)) {
        (Entries::Numbers(values), None) => picture(&tensor.shape, values),
        _ => None,
    };
    match drawn {
        Some(drawn) => shown(&drawn, tensor),
        None => first(&entries, integers),
    }
}

/// Of an output: its classes if it has some, its first entries.
pub fn output(
    program: &Program,
    id: TensorId,
    integers: &[i64],
    labels: Option<Labels<'_>>,
) -> Markup {
    let Some((tensor, entries)) = program.tensor(id).zip(meant(program, id, integers)) else {
        return html! {};
    };
    match (&entries, tensor.shape.split_last()) {
        // One row of several numbers has a greatest one.
        (Entries::Numbers(values), Some((&width, _))) if width > 1 && width == values.len() => {
            let labels = labels.filter(|labels| labels.names.len() == width);
            html! { (classes(values, labels)) (first(&entries, integers)) }
        }
        _ => first(&entries, integers),
    }
}

/// The names of classes that the program itself has: the strings of an output.
pub fn own_labels(program: &Program) -> Option<Labels<'_>> {
    let mut found = program.meanings.iter().filter(|meaning| {
        program.outputs.contains(&meaning.tensor) && !meaning.categories.is_empty()
    });
    match (found.next(), found.next()) {
        (Some(only), None) => Some(Labels {
            names: &only.categories,
            from: "the model",
        }),
        _ => None,
    }
}

fn shown(picture: &Picture, tensor: &Tensor) -> Markup {
    let (width, is_coarse) = picture.shown_width();
    let [black, white] = picture.range;
    html! {
        figure {
            img class=[is_coarse.then_some("coarse")] src=(picture.address) width=(width)
                alt={ "Input " (tensor.name) " as a picture of " (picture.width) " by " (picture.height) " pixels" };
            figcaption {
                (picture.width) " by " (picture.height) " pixels; black is " (number(black)) ", white " (number(white))
                ". It is drawn since its shape is that of a picture and neighbouring entries are alike."
            }
        }
    }
}

/// A share in hundredths, with one digit behind the point.
fn percent(share: f64) -> String {
    match share * 100.0 {
        hundredths if hundredths > 0.0 && hundredths < 0.05 => "< 0.1 %".into(),
        hundredths => format!("{hundredths:.1} %"),
    }
}

/// The greatest entries, with their shares.
fn classes(values: &[f64], labels: Option<Labels<'_>>) -> Markup {
    let Ranking {
        mut order,
        is_distribution,
    } = Ranking::new(values);
    order.truncate(CLASSES);
    let value = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    let sum: f64 = values.iter().sum();
    let greatest = order.first().map_or(0.0, |&place| value(place));
    let total: f64 = values.iter().map(|v| (v - greatest).exp()).sum();
    let share = |place: usize| match is_distribution {
        true => value(place),
        false => (value(place) - greatest).exp() / total,
    };
    let name = |place: usize| labels.and_then(|labels| labels.names.get(place));
    html! {
        @if let Some(&best) = order.first() {
            p {
                "The greatest entry is number " strong { (best) }
                @if let Some(name) = name(best) { ", " strong { (name) } }
                @if is_distribution { ", with a probability of " strong { (percent(share(best))) } } "."
            }
        }
        table {
            caption {
                @if is_distribution { "The greatest entries; up to rounding they are a distribution, since each is between 0 and 1 and their sum is " (number(sum)) }
                @else { "The greatest entries; the shares are those of a softmax, and probabilities only if the entries are logits" }
                @if let Some(labels) = labels { ". Names are from " (labels.from) }
            }
            thead { tr {
                th.number scope="col" { "Number" }
                @if labels.is_some() { th scope="col" { "Name" } }
                th.number scope="col" { "Value" }
                th.number scope="col" { @if is_distribution { "Probability" } @else { "Share" } }
                th scope="col" aria-hidden="true" {}
            } }
            tbody {
                @for &place in &order {
                    tr {
                        th.number scope="row" { (place) }
                        @if labels.is_some() { td { (name(place).map_or("", String::as_str)) } }
                        td.number { (number(value(place))) }
                        td.number { (percent(share(place))) }
                        td aria-hidden="true" { span.bar style={ "width:" (format!("{:.2}", 10.0 * share(place).clamp(0.0, 1.0))) "rem" } {} }
                    }
                }
            }
        }
    }
}

/// The first entries, beside the integers that the proof is about.
fn first(entries: &Entries, integers: &[i64]) -> Markup {
    let texts: Vec<String> = match entries {
        Entries::Numbers(values) => values
            .iter()
            .take(ENTRIES)
            .map(|&value| match value.is_nan() {
                true => "missing".into(),
                false => number(value),
            })
            .collect(),
        Entries::Texts(texts) => texts
            .iter()
            .take(ENTRIES)
            .map(|text| match text {
                Some(text) => format!("{text:?}"),
                None => "another string".into(),
            })
            .collect(),
    };
    let integers_shown: Vec<String> = integers.iter().take(ENTRIES).map(i64::to_string).collect();
    let more = integers.len().saturating_sub(ENTRIES);
    html! {
        p {
            "Values: " code { (texts.join(" ")) } @if more > 0 { " and " (Count(more)) " more" }
        }
        p.faint {
            "The integers that stand for them: " code { (integers_shown.join(" ")) } @if more > 0 { " .." }
        }
    }
}

/// A tensor's name and shape, as a heading.
pub fn heading(tensor: &Tensor) -> Markup {
    html! { code { (tensor.name) } " " span.faint { (Shape(&tensor.shape)) } }
}
