//! Progress with the time left, on standard error: a bar on a terminal, now and then a line elsewhere. Short work shows nothing.

use crate::interrupt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use inferproof::Stage;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Work that ends sooner is not worth a word.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// One long piece of work.
pub struct Progress {
    what: &'static str,
    bar: Option<ProgressBar>,
    start: Instant,
    spoken: Option<Instant>,
}

impl Progress {
    /// Begins.
    pub fn new(what: &'static str) -> Self {
        Self {
            what,
            bar: std::io::stderr().is_terminal().then(bar),
            start: Instant::now(),
            spoken: None,
        }
    }

    /// Says how far it is; the answer is whether to go on.
    pub fn step(&mut self, done: usize, of: usize, doing: &str) -> bool {
        let elapsed = self.start.elapsed();
        if elapsed > PATIENCE && done < of {
            match &self.bar {
                Some(bar) => {
                    if bar.is_hidden() {
                        bar.set_draw_target(ProgressDrawTarget::stderr());
                    }
                    bar.set_length(of as u64);
                    bar.set_position(done as u64);
                    bar.set_message(format!("{}: {doing}", self.what));
                }
                None if self.spoken.is_none_or(|last| last.elapsed() > LINE_EVERY) => {
                    self.spoken = Some(Instant::now());
                    let left = match done {
                        0 => String::new(),
                        done => format!(
                            ", about {:.0} s left",
                            elapsed.as_secs_f64() * (of - done) as f64 / done as f64
                        ),
                    };
                    eprintln!("{}: {doing}, {done} of {of}{left}", self.what);
                }
                None => {}
            }
        }
        !interrupt::asked()
    }

    /// For [`inferproof::Prover::prove`].
    pub fn stage(&mut self, stage: Stage) -> bool {
        let (doing, done, of) = inferproof::stage(stage);
        self.step(done, of, doing)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if let Ok(style) =
        ProgressStyle::with_template("{bar:24} {pos}/{len}  {elapsed}, {eta} left  {msg}")
    {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar
}
