//! A log for machines on standard error: one JSON object a line, with a time, a level, and what happened.

use crate::args::LogArg;
use std::str::FromStr;
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::prelude::*;

/// Names the levels or targets to log, as `info` or `inferproof_cli=debug`.
const VARIABLE: &str = "INFERPROOF_LOG";

/// Where events go, if somebody asked for them: by `--log` or by the variable `INFERPROOF_LOG`.
///
/// # Errors
/// If the variable names no levels, in words.
pub fn dispatch(format: Option<LogArg>) -> Result<Option<Dispatch>, String> {
    let named = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    if format.is_none() && named.is_none() {
        return Ok(None);
    }
    let filter = match named {
        Some(named) => Targets::from_str(&named).map_err(|e| format!("{VARIABLE}: {e}"))?,
        None => Targets::new().with_default(LevelFilter::INFO),
    };
    let registry = tracing_subscriber::registry().with(filter);
    let errors = std::io::stderr;
    Ok(Some(match format.unwrap_or(LogArg::Json) {
        LogArg::Json => registry
            .with(layer().json().flatten_event(true).with_writer(errors))
            .into(),
        LogArg::Text => registry
            .with(layer().with_ansi(false).with_writer(errors))
            .into(),
    }))
}
