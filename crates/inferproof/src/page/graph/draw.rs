//! The drawing itself, as SVG inside of the page.

use super::gather::{Block, Edge, Gathered, Kind, gather};
use super::layers::{Layout, Pair, layout};
use crate::page::frame::{counted, short};
use crate::quantities::{Count, Shape};
use inferproof_program::Program;
use maud::{Markup, html};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The most characters of a line in a box.
const LINE: usize = 34;
/// Pixels of a character of a title, and of a smaller line.
const TITLE: f64 = 7.6;
const SMALL: f64 = 6.2;
/// The same beside a line, where nothing may be cut off.
const LABEL: f64 = 7.2;
/// Pixels of a line of text.
const HEIGHT: f64 = 16.0;
const PADDING: f64 = 10.0;

/// A figure with a program's graph.
pub fn drawing(program: &Program) -> Markup {
    let gathered = gather(program);
    let texts: Vec<Vec<String>> = gathered.blocks.iter().map(lines).collect();
    let sizes: Vec<Pair> = texts.iter().map(|lines| size(lines)).collect();
    let edges: Vec<(usize, usize)> = gathered.edges.iter().map(|e| (e.from, e.to)).collect();
    let layout = layout(&sizes, &edges);
    let labels = labels(program, &gathered, &layout);
    let ends = labels
        .iter()
        .map(|label| label.corner.x + LABEL * label.text.chars().count() as f64);
    let (width, height) = (
        ends.fold(layout.size.x, f64::max).ceil(),
        layout.size.y.ceil(),
    );
    let steps = gathered
        .blocks
        .iter()
        .filter(|b| matches!(b.kind, Kind::Step { .. }));
    html! {
        figure {
            div.graph tabindex="0" role="group" aria-label="The graph, which can be scrolled" {
                svg role="img" aria-labelledby="graph-title graph-description" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } {
                    title id="graph-title" { "The program's graph" }
                    desc id="graph-description" {
                        (counted(program.nodes.len(), "node")) " of the program, boxes: " (Count(steps.count())) "; above are "
                        (counted(program.inputs.len(), "input")) ", below " (counted(program.outputs.len(), "output")) "."
                    }
                    defs {
                        marker id="end" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse" {
                            path.arrow d="M0 1 L9 5 L0 9 z" {}
                        }
                    }
                    @for line in &layout.lines { path.edge d=(curve(line)) marker-end="url(#end)" {} }
                    @for ((block, lines), (corner, size)) in gathered.blocks.iter().zip(&texts).zip(layout.corners.iter().zip(&sizes)) {
                        (drawn(block, lines, *corner, *size))
                    }
                    @for Label { corner, text } in &labels {
                        text.small.label x=(format!("{:.1}", corner.x)) y=(format!("{:.1}", corner.y)) { (text) }
                    }
                }
            }
            figcaption {
                "Each box is " (gathered.unit) ". Boxes with a broken border are sums and products of what stands above: a prover commits to "
                "nothing in them. Shapes stand beside the lines; pointing at a box tells more of it."
            }
        }
    }
}

/// What stands in a box: names, ONNX operations, weights.
fn lines(block: &Block) -> Vec<String> {
    let more = block.more + block.names.len().saturating_sub(1);
    let mut first = block.names.first().cloned().unwrap_or_default();
    match (block.kind, more) {
        (_, 0) => {}
        (Kind::Step { .. }, _) => {
            let end = block.names.last().map_or("", String::as_str);
            first = format!(
                "{} … {}",
                short(&first, LINE / 2 - 1),
                short(end, LINE / 2 - 1)
            );
        }
        (_, more) => first = format!("{} and {more} more", short(&first, LINE - 12)),
    }
    let mut lines = vec![short(&first, LINE)];
    let operations = block.operations.join(", ");
    match block.kind {
        Kind::Input => lines.push("input".into()),
        Kind::Output => lines.push("output".into()),
        Kind::Step { .. } if operations.is_empty() => {}
        // A node without a name is called by its operation already.
        Kind::Step { .. } => lines.push(short(&operations, LINE + 4)),
    }
    if block.weights > 0 {
        lines.push(format!("{} weights", Count(block.weights)));
    }
    lines
}

fn size(lines: &[String]) -> Pair {
    let widths = lines.iter().enumerate().map(|(place, line)| {
        let each = if place == 0 { TITLE } else { SMALL };
        each * line.chars().count() as f64
    });
    Pair {
        x: (widths.fold(60.0, f64::max) + 2.0 * PADDING).round(),
        y: HEIGHT * lines.len() as f64 + 12.0,
    }
}

fn drawn(block: &Block, lines: &[String], corner: Pair, size: Pair) -> Markup {
    let class = match block.kind {
        Kind::Input => "box input",
        Kind::Output => "box output",
        Kind::Step { is_committed: true } => "box",
        Kind::Step {
            is_committed: false,
        } => "box virtual",
    };
    let Pair { x, y } = corner;
    let middle = format!("{:.1}", x + size.x / 2.0);
    html! {
        g {
            title { (about(block)) }
            rect class=(class) x=(format!("{x:.1}")) y=(format!("{y:.1}")) width=(size.x) height=(size.y) rx="5" {}
            @for (place, line) in lines.iter().enumerate() {
                text class=(if place == 0 { "title" } else { "small" }) x=(middle) y=(format!("{:.1}", y + 18.0 + HEIGHT * place as f64))
                    text-anchor="middle" { (line) }
            }
        }
    }
}

/// What is told of a box where a pointer rests on it.
fn about(block: &Block) -> String {
    let names: Vec<String> = block.names.iter().map(|name| short(name, 80)).collect();
    let mut about = names.join("\n");
    if block.more > 0 {
        let _ = write!(about, "\nand {} more", block.more);
    }
    let core: Vec<String> = block
        .core
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    if !core.is_empty() {
        let _ = write!(about, "\ncore operations: {}", core.join(", "));
    }
    about
}

/// A line with rounded bends: it leaves and arrives vertically.
fn curve(line: &[Pair]) -> String {
    let mut path = String::new();
    let mut before: Option<Pair> = None;
    for point in line {
        let _ = match before {
            None => write!(path, "M{:.1} {:.1}", point.x, point.y),
            Some(from) if (from.x - point.x).abs() < 0.5 => write!(path, "V{:.1}", point.y),
            Some(from) => {
                let middle = (from.y + point.y) / 2.0;
                write!(
                    path,
                    "C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}",
                    from.x, point.x, point.x, point.y
                )
            }
        };
        before = Some(*point);
    }
    path
}

/// The shapes of what passes along a line.
struct Label {
    corner: Pair,
    text: String,
}

/// Where lines begin. One label serves for lines that begin in one box with the same shape.
fn labels(program: &Program, gathered: &Gathered, layout: &Layout) -> Vec<Label> {
    let mut known = BTreeSet::new();
    let lines = gathered.edges.iter().zip(&layout.lines);
    let labels = lines.filter_map(|(edge, line)| {
        let text = shapes(program, edge);
        let (first, second) = (line.first()?, line.get(1)?);
        let corner = Pair {
            x: (first.x * 2.0 + second.x) / 3.0 + 6.0,
            y: first.y + 17.0,
        };
        known
            .insert((edge.from, text.clone()))
            .then_some(Label { corner, text })
    });
    labels.collect()
}

fn shapes(program: &Program, edge: &Edge) -> String {
    let tensors = edge.tensors.iter().filter_map(|&id| program.tensor(id));
    let mut shapes: Vec<String> = tensors.map(|t| Shape(&t.shape).to_string()).collect();
    shapes.dedup();
    let more = shapes.len().saturating_sub(2);
    shapes.truncate(2);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    shapes.join(", ") + &more
}
