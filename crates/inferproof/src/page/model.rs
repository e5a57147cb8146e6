//! The page about a model.

use super::frame::{facts, id, page, section, short};
use super::said::{Said, Source};
use super::{accuracy, costs, graph, seen, words};
use crate::bound_card::CardBinding;
use crate::cache::Cache;
use crate::error::Error;
use crate::folder::KeyFile;
use crate::inspect::{KeyReport, inspect_key};
use crate::quantities::{Bytes, Count};
use inferproof_inference::{Visible, forecast};
use maud::{Markup, html};

/// A page about a model, from its key and, marked as its maker's word, the card beside it. The cache knows whether the key was verified.
///
/// # Errors
/// If the key cannot be read.
pub fn model_page(file: &KeyFile, card: Option<&str>, cache: &Cache) -> Result<String, Error> {
    let report = inspect_key(file, cache)?;
    let key = file.decode()?;
    let program = &key.architecture().program;
    let said = card.map(|card| Said::of(card, &report.model_id));
    let binding = card.map(|card| CardBinding::of(&key, card.as_bytes()));
    let known = said.as_ref().and_then(|said| said.as_ref().ok());
    let bound = known.filter(|_| binding == Some(CardBinding::Bound));
    let shown = bound.map(|said| said.shown.as_slice());
    let title = format!("Model {}", words::head(&report.model_id));
    let above = html! {
        h1 { (title) }
        p { "A committed model of inferproof: what it is, what is public of it, and what proofs of it take." }
    };
    let body = html! {
        (section("identity", "What it is", &identity(&report)))
        (section("maker", "What its maker says", &html! { div.maker { (maker(said.as_ref(), binding)) } }))
        (section("graph", "The program", &html! { (program_in_words(&report)) (graph::drawing(program)) }))
        @if let Some(said) = known {
            (section("accuracy", "Accuracy by bits", &html! {
                p.faint { "By the card: its maker's word, which no proof covers." }
                (accuracy::tables(said))
            }))
        }
        (section("seen", "What is public, what is hidden", &html! {
            (seen::table(&report))
            @if report.weights_visibility == Visible::Private { (seen::numbers(shown)) }
        }))
        @if let Ok(forecast) = forecast(program) {
            (section("costs", "Costs", &costs::tables(&report, &forecast)))
        }
    };
    Ok(page(&title, &above, &body))
}

fn identity(key: &KeyReport) -> Markup {
    let frame = &key.frame;
    let rows = [
        ("Model id", id(&key.model_id)),
        (
            "Commitments",
            html! { "on the curve " (frame.curve) ", about " (frame.security_bits) " bits of security" },
        ),
        (
            "Format",
            html! { "version " (frame.format_version) ", protocol " (frame.protocol) },
        ),
        (
            "Range proofs",
            html! {
                (key.range_proofs) " of the weights, "
                @if key.checked { "verified on the machine that made this page" }
                @else { "not yet verified on the machine that made this page" }
            },
        ),
    ];
    html! {
        (facts("From the key, which is all that a verifier reads", &rows))
        p.faint { "The model id is a digest of the architecture and of the commitment to the weights: whoever knows it knows which model is meant, and nothing of its weights." }
    }
}

fn maker(said: Option<&Result<Said, &'static str>>, binding: Option<CardBinding>) -> Markup {
    match said {
        None => html! { p { "There is no card beside the key." } },
        Some(Err(reason)) => html! { p { "The card beside the key is not shown: " (reason) "." } },
        Some(Ok(said)) => html! {
            p.faint { "From the card beside the key. Nobody has to believe it: a proof does not cover it." }
            @if let Some(binding) = binding { p { "The card: " (binding) "." } }
            @if let Some(source) = &said.source { (compiled_from(source)) }
            @if !said.warnings.is_empty() {
                h3 { "Warnings" }
                ul { @for warning in &said.warnings { li { (warning) } } }
            }
            @if !said.notes.is_empty() {
                h3 { "Notes on how it was read" }
                ul { @for note in &said.notes { li { (note) } } }
            }
        },
    }
}

fn compiled_from(source: &Source) -> Markup {
    html! {
        p {
            "Compiled from " code { (short(&source.file, 120)) } " (" (Bytes(source.bytes)) ", ONNX opset " (source.opset) ")"
            @if let Some(digest) = &source.blake3 { ", BLAKE3 " (id(digest)) }
            "."
        }
    }
}

fn program_in_words(key: &KeyReport) -> Markup {
    html! {
        p {
            "An integer program of " (Count(key.nodes)) " nodes: "
            @for (place, (name, count)) in key.operations.iter().enumerate() {
                @if place > 0 { ", " } (count) " " (name)
            }
            "."
            @for feed in &key.feeds {
                " Its output " code { (short(&feed.output, 120)) } " is the next run's input " code { (short(&feed.input, 120)) } "."
            }
        }
    }
}
