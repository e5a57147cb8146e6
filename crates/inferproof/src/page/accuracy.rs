//! How well the integers follow the float model, by the card's account: the widths that were tried, and the accuracy of the chosen ones.

use super::said::{Measured, Said, Trial};
use crate::quantities::Count;
use maud::{Markup, html};

/// A chart of the trials, and a table of what was measured.
pub fn tables(said: &Said) -> Markup {
    html! {
        @if !said.trials.is_empty() { (chart(&said.trials, said.tolerance)) }
        @else if let Some(widths) = said.widths {
            p { "Weights of " (widths.weights) " bits, activations of " (widths.activations) " bits." }
        }
        div.scroll { table {
            caption { "Against the float model" }
            thead { tr {
                th scope="col" { "Data" } th.number scope="col" { "Samples" } th.number scope="col" { "Greatest error" }
                th.number scope="col" { "Same answer" } th.number scope="col" { "Labels right" }
            } }
            tbody {
                @for (name, measured) in [("Calibration", &said.calibration), ("Evaluation", &said.evaluation)] {
                    @if let Some(measured) = measured { (row(name, measured)) }
                }
            }
        } }
        p.faint {
            "Errors are relative to the size of an output's column"
            @if let Some(tolerance) = said.tolerance { "; up to " (percent(tolerance)) " were tolerated on the calibration data" } "."
        }
    }
}

fn row(name: &str, measured: &Measured) -> Markup {
    let agreement = &measured.agreement;
    let answers = (agreement.top1_of > 0)
        .then(|| format!("{} of {}", Count(agreement.top1), Count(agreement.top1_of)));
    let labels = measured.float_correct.zip(measured.integer_correct);
    html! {
        tr {
            th scope="row" { (name) }
            td.number { (Count(measured.samples)) }
            td.number { (agreement.relative_error.map_or("beyond all numbers".into(), percent)) }
            td.number { (answers.as_deref().unwrap_or("–")) }
            td.number {
                @match labels {
                    None => "–",
                    Some((float, integer)) => { (Count(integer)) " (in floats " (Count(float)) ")" }
                }
            }
        }
    }
}

/// A share in hundredths, with two digits.
pub fn percent(share: f64) -> String {
    let hundredths = share * 100.0;
    match hundredths.abs() {
        h if h >= 10.0 || h == 0.0 => format!("{hundredths:.0} %"),
        h if h >= 1.0 => format!("{hundredths:.1} %"),
        h if h >= 0.1 => format!("{hundredths:.2} %"),
        _ => format!("{hundredths:.1e} %"),
    }
}

const ROW: f64 = 26.0;
const LABELS: f64 = 280.0;
const BARS: f64 = 400.0;
const VALUES: f64 = 190.0;
/// Room for the name of the limit above the bars.
const ABOVE: f64 = 22.0;

/// Bars on a logarithmic scale, one for each trial; the last one that was accepted is the choice.
fn chart(trials: &[Trial], tolerance: Option<f64>) -> Markup {
    let tolerance = tolerance.filter(|t| *t > 0.0);
    let errors = trials.iter().filter_map(|t| t.relative_error);
    let known = errors
        .chain(tolerance)
        .filter(|e| *e > 0.0 && e.is_finite());
    let (least, most) = known.fold((f64::INFINITY, 0.0f64), |(least, most), e| {
        (least.min(e), most.max(e))
    });
    let (low, high) = match least <= most {
        // Half a decade of room, so that the least error has a bar too.
        true => ((least / 3.0).ln(), (most * 1.1).ln()),
        false => (0.0, 1.0),
    };
    let place = |error: f64| BARS * ((error.ln() - low) / (high - low)).clamp(0.0, 1.0);
    let height = ABOVE + ROW * trials.len() as f64 + 8.0;
    let width = LABELS + BARS + VALUES;
    let last = trials.len() - 1;
    html! {
        figure {
            div.scroll {
                svg role="img" aria-labelledby="trials-title" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } {
                    title id="trials-title" { "Greatest relative error of each choice of widths that was tried" }
                    line.axis x1=(LABELS) x2=(LABELS) y1=(ABOVE) y2=(height) {}
                    @for (position, trial) in trials.iter().enumerate() {
                        @let y = ABOVE + ROW * position as f64;
                        @let length = trial.relative_error.map_or(BARS, place).max(2.0);
                        @let class = if position == last { "mark" } else { "mark refused" };
                        text x=(LABELS - 10.0) y=(y + 17.0) text-anchor="end" {
                            "weights " (trial.widths.weights) ", activations " (trial.widths.activations) " bits"
                            @if trial.equalized { ", equalized" }
                        }
                        rect class=(class) x=(LABELS) y=(y + 4.0) width=(format!("{length:.1}")) height="18" rx="2" {}
                        text x=(LABELS + BARS + 12.0) y=(y + 17.0) {
                            @if position < last { "at least " }
                            (trial.relative_error.map_or("beyond all numbers".into(), percent))
                            @if position == last { " (chosen)" }
                        }
                    }
                    @if let Some(tolerance) = tolerance {
                        @let x = format!("{:.1}", LABELS + place(tolerance));
                        line.limit x1=(x) x2=(x) y1=(ABOVE - 4.0) y2=(height) {}
                        text.small x=(x) y="13" text-anchor="middle" { "tolerated: " (percent(tolerance)) }
                    }
                }
            }
            figcaption {
                "Accuracy by bits: what was tried on the calibration data, from the cheapest on; the scale is logarithmic. "
                "A trial ended with the first sample that was beyond what is tolerated, so its error is at least this. "
                "Widths that differ from tensor to tensor are told by their mean, rounded up."
            }
        }
    }
}
