//! The real binary, run as a user runs it. What it prints is compared with snapshots, each error message too.
//!
//! `INSTA_UPDATE=always cargo test -p inferproof-cli` rewrites the snapshots; read the difference before you commit it.

mod accuracy;
mod chains;
mod claims;
mod commands;
mod console;
mod demo;
mod errors;
mod explain;
mod feeds;
mod files;
mod interrupts;
mod labels;
mod machines;
mod many;
mod misplaced;
mod outside;
mod pages;
mod reference;
mod rejections;
mod statements;
mod support;
mod warnings;
