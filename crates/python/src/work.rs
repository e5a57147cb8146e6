//! Slow work: on a thread of its own with the interpreter released, so that other Python threads run; Ctrl-C and an exception of
//! the progress listener end it.

use crate::errors::Failure;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often signals are looked at.
const TICK: Duration = Duration::from_millis(50);
/// Progress in shorter steps than this is not worth a call into Python.
const STEP: Duration = Duration::from_millis(20);
/// As much as a process's main thread has: the importer follows deep graphs.
const STACK_BYTES: usize = 8 << 20;

/// What is done, how many steps of how many are done; the answer is whether to go on.
pub type Step<'a> = dyn FnMut(&'static str, usize, usize) -> bool + 'a;

enum Event<T> {
    Step(&'static str, usize, usize),
    Ended(Result<Result<T, Failure>, Box<dyn Any + Send>>),
}

/// Runs work. `listener` is called with what is done, how many steps of how many are done. If it raises, or on Ctrl-C, this returns at
/// once; the work ends at its next step.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    listener: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&mut Step<'_>) -> Result<T, Failure> + Send + 'static,
) -> PyResult<T> {
    let (sender, mut receiver) = channel();
    let stop = Stop(Arc::new(AtomicBool::new(false)));
    let stopped = stop.0.clone();
    let forked = forked_pool()?;
    let listens = listener.is_some();
    let thread = move || {
        let mut told: Option<(&str, Instant)> = None;
        let mut step = |doing, done, of| {
            // To wake the caller for nothing would take time from the work; what is begun is always told.
            let is_news = told.is_none_or(|(of, at)| of != doing || at.elapsed() > STEP);
            if listens && is_news {
                told = Some((doing, Instant::now()));
                // Nobody listens any more if the caller was interrupted.
                let _ = sender.send(Event::Step(doing, done, of));
            }
            !stopped.load(Ordering::Relaxed)
        };
        let result = catch_unwind(AssertUnwindSafe(|| match forked {
            None => work(&mut step),
            Some(pool) => pool.install(|| work(&mut step)),
        }));
        let _ = sender.send(Event::Ended(result));
    };
    thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(thread)?;
    loop {
        let event;
        (receiver, event) = py.detach(move || {
            let event = receiver.recv_timeout(TICK);
            (receiver, event)
        });
        match event {
            Ok(Event::Ended(Ok(result))) => return result.map_err(|failure| failure.raise(py)),
            Ok(Event::Ended(Err(panic))) => return Err(Failure::of_panic(panic.as_ref()).raise(py)),
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::of_panic(&()).raise(py)),
            Ok(Event::Step(doing, done, of)) => {
                py.check_signals()?;
                if let Some(listener) = listener {
                    listener.call1((doing, done, of))?;
                }
            }
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
        }
    }
}

/// Runs work that is short and must not be left half done, such as writing files: Ctrl-C is heard when it is over.
pub fn whole<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> PyResult<T> {
    let result = py.detach(|| catch_unwind(AssertUnwindSafe(work)));
    let result = result.unwrap_or_else(|panic| Err(Failure::of_panic(panic.as_ref())));
    result.map_err(|failure| failure.raise(py))
}

/// Asks the work to stop when the caller is gone.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The threads of a process that was forked from one that has worked. It inherits its parent's pool, but none of the threads in it, and
/// would wait for them for ever.
fn forked_pool() -> PyResult<Option<Arc<ThreadPool>>> {
    static FIRST: OnceLock<u32> = OnceLock::new();
    static FORKED: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);
    let process = std::process::id();
    if *FIRST.get_or_init(|| process) == process {
        return Ok(None);
    }
    let mut slot = FORKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, pool)) = slot.as_ref()
        && *owner == process
    {
        return Ok(Some(pool.clone()));
    }
    let made = ThreadPoolBuilder::new().stack_size(STACK_BYTES).build();
    let made =
        made.map_err(|error| pyo3::exceptions::PyRuntimeError::new_err(error.to_string()))?;
    let pool = Arc::new(made);
    // A forked process may have forked again; dropping its parent's pool would wait for threads that are not here.
    std::mem::forget(slot.replace((process, pool.clone())));
    Ok(Some(pool))
}
