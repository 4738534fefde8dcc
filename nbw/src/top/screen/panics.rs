//! What happens to the screen when nbw panics.

use std::{
    any::Any,
    io::{self, Write},
    panic::{self, PanicHookInfo},
};

use tokio::sync::mpsc;

use super::Told;
use crate::top::tty;
/// Leaves the screen before a panic is told, and has nbw end: also where the panic ended a task only.
pub(super) fn leave_on_panic(tell: mpsc::UnboundedSender<Told>) {
    panic::set_hook(Box::new(move |info| {
        tty::leave();
        // `eprintln!` would panic where standard error is gone.
        let _ = writeln!(io::stderr(), "nbw: {}", sentence(info));
        let _ = tell.send(Told::Panicked);
    }));
}

fn sentence(info: &PanicHookInfo<'_>) -> String {
    let place =
        info.location().map_or_else(String::new, |location| format!(" ({}:{})", location.file(), location.line()));
    format!("internal error: {}{place}", said(info.payload()))
}

fn said(payload: &dyn Any) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic")
}
