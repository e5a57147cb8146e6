//! Ctrl-C: the first one ends a command at its next step, the second one at once; neither leaves anything behind.
#![cfg(target_os = "linux")]

use crate::support::Place;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const COMPILE: &str = "compile - --calibrate calibration.npz -o credit.model";
const MOMENT: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(20);

/// A command that waits for a model on its standard input, and already listens for signals.
fn waiting(place: &Place) -> Child {
    let child = place
        .command(COMPILE)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !catches_interrupts(child.id()) {
        assert!(start.elapsed() < PATIENCE, "it never listens for signals");
        sleep(MOMENT);
    }
    child
}

/// Whether a process has a handler for SIGINT, as the kernel says.
fn catches_interrupts(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 0b10 != 0)
}

fn interrupt(child: &Child) {
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

fn assert_interrupted(place: &Place, before: &[String], output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert_eq!(place.listing(), before, "{said}");
}

#[test]
fn the_first_one_ends_a_command_at_its_next_step() {
    let place = Place::with_onnx();
    let before = place.listing();
    let mut child = waiting(&place);
    interrupt(&child);
    sleep(10 * MOMENT);
    assert!(child.try_wait().unwrap().is_none(), "it ended at once");
    let mut input = child.stdin.take().unwrap();
    input.write_all(&place.read("model.onnx")).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_interrupted(&place, &before, &output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
}

#[test]
fn the_second_one_ends_it_at_once() {
    let place = Place::with_onnx();
    let before = place.listing();
    let mut child = waiting(&place);
    // Held open: it would wait for ever.
    let input = child.stdin.take().unwrap();
    interrupt(&child);
    sleep(10 * MOMENT);
    interrupt(&child);
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < PATIENCE, "it goes on");
        sleep(MOMENT);
    }
    assert_interrupted(&place, &before, &child.wait_with_output().unwrap());
    drop(input);
}

#[test]
fn what_the_second_one_finds_half_written_is_gone() {
    let place = Place::with_onnx();
    let before = place.listing();
    let mut child = place.command("demo -o kept").spawn().unwrap();
    let is_writing = || {
        let folder = std::fs::read_dir(place.path().join("kept"));
        let mut entries = folder.into_iter().flatten().flatten();
        entries.any(|e| e.file_name().to_string_lossy().contains("unfinished"))
    };
    while !is_writing() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        sleep(MOMENT / 10);
    }
    for _ in 0..2 {
        interrupt(&child);
        sleep(MOMENT / 4);
    }
    let status = child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(130), None));
    assert!(!is_writing());
    std::fs::remove_dir_all(place.path().join("kept")).unwrap();
    assert_eq!(place.listing(), before);
}
