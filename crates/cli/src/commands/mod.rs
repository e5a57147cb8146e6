//! One file a command.

pub mod check;
pub mod compile;
pub mod demo;
pub mod inspect;
pub mod prove;
pub mod run;
pub mod verify;
