//! A statement in words.

use inferproof_inference::{Listed, Role, Statement, Visibility, hex};
use inferproof_program::Program;
use maud::{Markup, html};

/// "The committed model 1928.. was run on ..., and gave ...".
///
/// `program` is what the statement lists the inputs and outputs of.
pub fn sentence(statement: &Statement, model_program: &Program, program: &Program) -> Markup {
    let model = hex(&statement.model_id);
    html! {
        "The committed model " span.id title=(model) { (head(&model)) }
        @if !statement.execution.is_plain() { " (" (statement.execution.said_of(model_program).to_string()) ")" }
        " was run on " (list(&statement.inputs, program, Role::Input))
        ", and gave " (list(&statement.outputs, program, Role::Output))
        @match statement.claims.len() {
            0 => ".",
            1 => ", of which the claim below holds.",
            _ => ", of which the claims below hold.",
        }
        @if !statement.context.is_empty() { " The proof is bound to " (context(&statement.context)) "." }
    }
}

/// The beginning of an identifier, as sentences have it.
pub fn head(id: &str) -> String {
    id.chars().take(12).chain("…".chars()).collect()
}

/// A context as text where it is some, as hexadecimal digits else.
pub fn context(bytes: &[u8]) -> Markup {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => {
            html! { "the context " code { (format!("{text:?}")) } }
        }
        _ => {
            let digits: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            html! { "the context of bytes " code { (digits) } }
        }
    }
}

/// Who sees a tensor, in a word.
pub fn seen(visibility: Visibility) -> Markup {
    match visibility {
        Visibility::Public => html! { span.word.public { "shown" } },
        Visibility::Private => html! { span.word.hidden { "hidden" } },
        Visibility::Commit => html! { span.word.hidden { "hidden, committed afresh" } },
        Visibility::Committed(_) => html! { span.word.hidden { "hidden, committed before" } },
    }
}

fn list(all: &[Listed], program: &Program, role: Role) -> Markup {
    /// So many are named one by one.
    const NAMED: usize = 8;
    let last = all.len().min(NAMED).saturating_sub(1);
    html! {
        @if all.is_empty() { "no " (role) }
        @for (place, listed) in all.iter().take(NAMED).enumerate() {
            @if place > 0 { @if place == last && all.len() <= NAMED { " and " } @else { ", " } }
            (role) " " code { (program.tensor(listed.tensor).map_or("", |t| t.name.as_str())) }
            @match listed.visibility {
                Visibility::Public => ", which is shown",
                Visibility::Private => ", which is hidden",
                Visibility::Commit => ", which is hidden in a commitment that comes with the proof",
                Visibility::Committed(id) => {
                    ", which is hidden in the commitment " span.id title=(hex(&id)) { (head(&hex(&id))) }
                }
            }
        }
        @if all.len() > NAMED { " and " (all.len() - NAMED) " more, listed below" }
    }
}
