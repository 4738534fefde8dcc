//! Sends a scenario's frames at their times.

use std::{
    fmt::{self, Display, Formatter},
    io::{self, IoSlice},
    os::fd::{AsRawFd, OwnedFd},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use nbw_detect::simulate::{Side, Timed, Traffic};
use nix::{
    errno::Errno,
    sys::socket::{LinkAddr, MsgFlags, MultiHeaders, sendmmsg},
};

use super::cable::Cable;

/// Frames of one system call at most.
const BATCH: usize = 64;

/// How often whoever waits looks whether it is to stop.
const NAP: Duration = Duration::from_millis(50);

/// Frames that are so much behind their times are no news.
const SOON: Duration = Duration::from_secs(1);

/// What became of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    /// Frames that the kernel took.
    pub(super) frames: u64,
    /// Frames that it had no room for.
    pub(super) dropped: u64,
    /// How far the last frame was behind its time.
    pub(super) late: Duration,
}

impl Display for Sent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} frames sent", self.frames)?;
        if self.dropped > 0 {
            write!(f, ", {} found no room", self.dropped)?;
        }
        if self.late > SOON {
            write!(f, ", the last one {:.0} s late: this machine sends no faster", self.late.as_secs_f64())?;
        }
        Ok(())
    }
}

/// Sends all of it, in the order of its times; ends early when it is told to stop. Blocks. When the first frame leaves,
/// `begins` hears of it.
pub(super) fn send(
    traffic: Traffic,
    cable: &Cable,
    stop: &AtomicBool,
    begins: impl FnOnce(Instant),
) -> io::Result<Sent> {
    let mut begins = Some(begins);
    let mut sender = Sender {
        sockets: [cable.socket(Side::Inside)?, cable.socket(Side::Outside)?],
        batch: Vec::with_capacity(BATCH),
        headers: MultiHeaders::preallocate(BATCH, None),
        sent: Sent::default(),
    };
    let begun = Instant::now();
    for timed in traffic {
        let due = begun + timed.at;
        if due > Instant::now() {
            sender.flush()?;
        }
        if !wait_until(due, stop) {
            break;
        }
        if let Some(begins) = begins.take() {
            begins(Instant::now());
        }
        sender.sent.late = due.elapsed();
        sender.put(timed)?;
    }
    sender.flush()?;
    Ok(sender.sent)
}

/// Whether the time has come before it was to stop.
fn wait_until(due: Instant, stop: &AtomicBool) -> bool {
    while !stop.load(Ordering::Relaxed) {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        thread::sleep(left.min(NAP));
    }
    false
}

struct Sender {
    /// By side.
    sockets: [OwnedFd; 2],
    /// Frames of one side that are due.
    batch: Vec<Timed>,
    headers: MultiHeaders<LinkAddr>,
    sent: Sent,
}

impl Sender {
    fn put(&mut self, timed: Timed) -> io::Result<()> {
        let fits = self.batch.len() < BATCH && self.batch.first().is_none_or(|first| first.side == timed.side);
        if !fits {
            self.flush()?;
        }
        self.batch.push(timed);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut done = 0;
        while done < self.batch.len() {
            match self.send_from(done) {
                Ok(frames) => {
                    done += frames;
                    self.sent.frames += frames as u64;
                }
                Err(Errno::EINTR) => {}
                // The queue of the other side is full: on a real cable the frame were lost, too.
                Err(Errno::ENOBUFS) => {
                    done += 1;
                    self.sent.dropped += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.batch.clear();
        Ok(())
    }

    fn send_from(&mut self, done: usize) -> nix::Result<usize> {
        let frames = &self.batch[done..];
        let socket = match frames[0].side {
            Side::Inside => &self.sockets[0],
            Side::Outside => &self.sockets[1],
        };
        let slices: Vec<[IoSlice<'_>; 1]> = frames.iter().map(|timed| [IoSlice::new(&timed.frame)]).collect();
        let nobody = [None::<LinkAddr>; BATCH];
        let results =
            sendmmsg(socket.as_raw_fd(), &mut self.headers, &slices, &nobody[..slices.len()], [], MsgFlags::empty())?;
        Ok(results.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_go_as_it_should_is_told() {
        let sent = Sent { frames: 7, dropped: 0, late: Duration::from_millis(400) };
        assert_eq!(sent.to_string(), "7 frames sent");
        let sent = Sent { dropped: 3, late: Duration::from_millis(9_200), ..sent };
        let expected = "7 frames sent, 3 found no room, the last one 9 s late: this machine sends no faster";
        assert_eq!(sent.to_string(), expected);
    }
}
