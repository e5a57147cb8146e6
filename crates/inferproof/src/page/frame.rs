//! What all pages have: the head with its style, and the foot.

use crate::printable::printable;
use crate::quantities::Count;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// A whole page. Its content policy forbids what it never needs: scripts, and anything from elsewhere.
pub fn page(title: &str, above: &Markup, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                meta name="generator" content={ "inferproof " (env!("CARGO_PKG_VERSION")) };
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { (above) }
                main { (body) }
                footer {
                    p.faint {
                        "Made by inferproof " (env!("CARGO_PKG_VERSION"))
                        " from public files alone. This page proves nothing by itself: whoever must rely on a proof verifies it with "
                        code { "inferproof verify" } "."
                    }
                }
            }
        }
    };
    // Names that stand on it may hold what is not seen, or turns the direction of writing.
    let page = page.into_string();
    let lines: Vec<_> = page.lines().map(printable).collect();
    lines.join("\n")
}

/// A section under a heading that others can link to.
pub fn section(id: &str, heading: &str, content: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (heading) }
            (content)
        }
    }
}

/// A table of one label and one content a row.
pub fn facts(caption: &str, rows: &[(&str, Markup)]) -> Markup {
    html! {
        table {
            caption { (caption) }
            tbody {
                @for (label, content) in rows {
                    tr { th scope="row" { (label) } td { (content) } }
                }
            }
        }
    }
}

/// An identifier.
pub fn id(text: &str) -> Markup {
    html! { span.id { (text) } }
}

/// A number of things.
pub fn counted(number: usize, of: &str) -> String {
    format!(
        "{} {of}{}",
        Count(number),
        if number == 1 { "" } else { "s" }
    )
}

/// At most so many characters of a text, with a sign that there were more.
pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            kept + "…"
        }
    }
}
