//! What other programs print, within bounds of time and length.

use std::{
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{io::AsyncReadExt, process::Command, time::timeout};

/// Why there is nothing.
#[derive(Debug)]
pub enum Unprinted {
    /// It cannot be run or heard.
    Cannot(io::Error),
    /// It has not ended in time.
    Slow,
    /// It prints more than that.
    TooLong,
    /// It has failed, after printing this.
    Failed(ExitStatus, Vec<u8>),
}

impl From<io::Error> for Unprinted {
    fn from(error: io::Error) -> Self {
        Self::Cannot(error)
    }
}

/// What a program prints on standard output, at most `most` bytes. It is ended when it takes longer than `deadline` or prints more,
/// and when nobody waits for it any more.
///
/// # Errors
/// [`Unprinted`] says why there is nothing.
pub async fn printed(mut command: Command, deadline: Duration, most: u64) -> Result<Vec<u8>, Unprinted> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut bytes = Vec::new();
    let ended = timeout(deadline, async {
        if let Some(output) = child.stdout.take() {
            output.take(most + 1).read_to_end(&mut bytes).await?;
        }
        if bytes.len() as u64 > most { Ok(None) } else { child.wait().await.map(Some) }
    });
    match ended.await {
        Ok(Err(error)) => Err(error.into()),
        Ok(Ok(Some(status))) if status.success() => Ok(bytes),
        Ok(Ok(Some(status))) => Err(Unprinted::Failed(status, bytes)),
        unfinished => {
            // It may have ended by itself.
            let _ = child.kill().await;
            Err(if unfinished.is_err() { Unprinted::Slow } else { Unprinted::TooLong })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shell(script: &str, most: u64) -> Result<Vec<u8>, Unprinted> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        printed(command, Duration::from_millis(300), most).await
    }

    #[tokio::test]
    async fn what_is_short_and_quick_is_told() {
        assert_eq!(shell("printf 1234", 4).await.unwrap(), b"1234");
        assert!(matches!(shell("printf 12345", 4).await, Err(Unprinted::TooLong)));
        assert!(matches!(shell("sleep 10", 4).await, Err(Unprinted::Slow)));
        assert!(
            matches!(shell("echo no; exit 3", 4).await, Err(Unprinted::Failed(status, said)) if status.code() == Some(3) && said == b"no\n")
        );
        let nowhere = printed(Command::new("/nowhere/tool"), Duration::from_secs(1), 4).await;
        assert!(matches!(nowhere, Err(Unprinted::Cannot(error)) if error.kind() == io::ErrorKind::NotFound));
    }
}
