//! Progress with the time left, on standard error: a bar on a terminal, now and then a line elsewhere. Short work shows nothing.
//!
//! Time left is foretold within one kind of steps, of which each takes as long as another; stages of a proof do not, so their shares of
//! the time were measured.

use crate::interrupt;
use crate::report::Seconds;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use inferproof::Stage;
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Work that ends sooner is not worth a word.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(2);
/// How often the time left is counted down on a terminal.
const TICK: Duration = Duration::from_millis(200);
/// Steps of a bar.
const BAR: u64 = 1000;
/// Less than this share of the work done foretells nothing.
const TELLING: f64 = 0.04;

/// One long piece of work.
pub struct Progress {
    what: &'static str,
    speaks: bool,
    details: bool,
    bar: Option<ProgressBar>,
    begun: Instant,
    spoken: Option<Instant>,
    part: Option<Part>,
    end: End,
}

/// What is being done.
struct Part {
    doing: String,
    begun: Instant,
}

/// When the part is expected to end.
type End = Arc<Mutex<Option<Instant>>>;

impl Progress {
    /// Begins. `speaks` of it at all, and in `details`: how long each part took.
    pub fn new(what: &'static str, speaks: bool, details: bool) -> Self {
        let end = End::default();
        Self {
            what,
            speaks,
            details,
            bar: (speaks && std::io::stderr().is_terminal()).then(|| bar(end.clone())),
            begun: Instant::now(),
            spoken: None,
            part: None,
            end,
        }
    }

    /// So many equal steps of a part are done; the answer is whether to go on.
    pub fn step(&mut self, done: usize, of: usize, doing: &str) -> bool {
        let since = self.enter(doing);
        self.tell(doing, done as f64 / of.max(1) as f64, since);
        !interrupt::asked()
    }

    /// For [`inferproof::Prover::prove`]: a stage begins.
    pub fn stage(&mut self, stage: Stage) -> bool {
        let (doing, done) = inferproof::stage_done(stage);
        self.enter(doing);
        self.tell(doing, done, self.begun);
        !interrupt::asked()
    }

    /// When the part began that is being done.
    fn enter(&mut self, doing: &str) -> Instant {
        if let Some(part) = &self.part
            && part.doing == doing
        {
            return part.begun;
        }
        self.leave();
        let begun = Instant::now();
        self.part = Some(Part {
            doing: doing.to_owned(),
            begun,
        });
        begun
    }

    /// A part has been done.
    fn leave(&mut self) {
        if let Some(Part { doing, begun }) = self.part.take() {
            let seconds = begun.elapsed().as_secs_f64();
            tracing::info!(work = self.what, seconds, "{doing}");
            if self.details {
                self.line(&format!("{}: {doing}: {}", self.what, Seconds(seconds)));
            }
        }
    }

    /// Says how much of the work that began at a time is done.
    fn tell(&mut self, doing: &str, done: f64, since: Instant) {
        let elapsed = since.elapsed();
        let left = (TELLING..=1.0)
            .contains(&done)
            .then(|| elapsed.mul_f64((1.0 - done) / done));
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) =
            left.map(|left| Instant::now() + left);
        if !self.speaks || self.begun.elapsed() < PATIENCE || done >= 1.0 {
            return;
        }
        if let Some(bar) = &self.bar {
            if bar.is_hidden() {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(TICK);
            }
            bar.set_position((done * BAR as f64) as u64);
            bar.set_message(format!("{}: {doing}", self.what));
        } else if self.spoken.is_none_or(|last| last.elapsed() > LINE_EVERY) {
            self.spoken = Some(Instant::now());
            let left = left.map(|left| format!(", about {:.0} s left", left.as_secs_f64()));
            let left = left.unwrap_or_default();
            // A share that is a rounding error below nothing is none.
            let percent = (done * 100.0).max(0.0) + 0.0;
            self.line(&format!("{}: {doing}, {percent:.0} %{left}", self.what));
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.leave();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(end: End) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(BAR), ProgressDrawTarget::hidden());
    let left = move |_: &ProgressState, out: &mut dyn Write| {
        let end = *end.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(end) = end {
            let left = end.saturating_duration_since(Instant::now());
            let _ = write!(out, ", {:.0} s left", left.as_secs_f64().ceil());
        }
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent:>3} %{left}  {msg}") {
        bar.set_style(style.with_key("left", left).progress_chars("━╸ "));
    }
    bar
}
