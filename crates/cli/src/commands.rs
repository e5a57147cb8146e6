//! One file a command.

pub mod accuracy;
pub mod chain;
pub mod check;
pub mod commit;
pub mod compile;
pub mod completions;
pub mod demo;
pub mod explain;
pub mod inspect;
pub mod manual;
pub mod prove;
pub mod report;
pub mod run;
pub mod slice;
pub mod statement;
pub mod verify;
