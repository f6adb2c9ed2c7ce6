//! A connection with a meter on it: bytes counted, slowed to the bandwidth, stopped at the limits.

use crate::bucket::Bucket;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// So much is written at once, so that no single write runs far ahead of the bandwidth.
const PIECE: usize = 16 << 10;

/// What all connections of an execution share.
#[derive(Debug)]
pub(crate) struct Allowance {
    bucket: Bucket,
    most: u64,
    moved: AtomicU64,
}

impl Allowance {
    pub(crate) fn new(bandwidth: Option<u64>, most: u64) -> Self {
        Self { bucket: Bucket::new(bandwidth), most, moved: AtomicU64::new(0) }
    }

    /// Whether everything that may be moved was moved.
    pub(crate) fn is_spent(&self) -> bool {
        self.moved.load(Ordering::Relaxed) >= self.most
    }

    pub(crate) fn text(&self) -> String {
        format!("this execution has moved the {} MiB that it may over the network", self.most >> 20)
    }
}

/// The count of one connection.
#[derive(Debug)]
pub(crate) struct Meter {
    up: AtomicU64,
    down: AtomicU64,
    active: Mutex<Instant>,
    allowance: Arc<Allowance>,
}

impl Meter {
    pub(crate) fn new(allowance: Arc<Allowance>) -> Arc<Self> {
        let (up, down) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { up, down, active: Mutex::new(Instant::now()), allowance })
    }

    /// Bytes up and down.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.up.load(Ordering::Relaxed), self.down.load(Ordering::Relaxed))
    }

    /// Ends when nothing has moved for so long.
    pub(crate) async fn idle(&self, limit: Duration) {
        loop {
            let until = *self.active.lock().unwrap_or_else(PoisonError::into_inner) + limit;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }

    /// Nothing moves, and that is not the server's doing.
    pub(crate) fn is_waited_for(&self) {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        *active = Instant::now().max(*active);
    }

    fn moved(&self, way: &AtomicU64, bytes: usize) -> io::Result<Option<Instant>> {
        way.fetch_add(bytes as u64, Ordering::Relaxed);
        self.allowance.moved.fetch_add(bytes as u64, Ordering::Relaxed);
        if self.allowance.moved.load(Ordering::Relaxed) > self.allowance.most {
            return Err(io::Error::other(self.allowance.text()));
        }
        let wait = self.allowance.bucket.take(bytes);
        // A connection that is slowed down on purpose is not idle.
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = wait.unwrap_or_else(Instant::now);
        Ok(wait)
    }
}

/// A connection that is counted.
#[derive(Debug)]
pub(crate) struct Metered<S> {
    inner: S,
    meter: Arc<Meter>,
    read_wait: Option<Pin<Box<Sleep>>>,
    write_wait: Option<Pin<Box<Sleep>>>,
}

impl<S> Metered<S> {
    pub(crate) fn new(inner: S, meter: Arc<Meter>) -> Self {
        Self { inner, meter, read_wait: None, write_wait: None }
    }
}

fn pass(wait: &mut Option<Pin<Box<Sleep>>>, cx: &mut Context<'_>) -> Poll<()> {
    if let Some(sleep) = wait {
        ready!(sleep.as_mut().poll(cx));
        *wait = None;
    }
    Poll::Ready(())
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(pass(&mut self.read_wait, cx));
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let count = buf.filled().len() - before;
        self.read_wait = self.meter.moved(&self.meter.down, count)?.map(|until| Box::pin(sleep_until(until)));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(pass(&mut self.write_wait, cx));
        let count = ready!(Pin::new(&mut self.inner).poll_write(cx, &buf[..buf.len().min(PIECE)]))?;
        self.write_wait = self.meter.moved(&self.meter.up, count)?.map(|until| Box::pin(sleep_until(until)));
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test(start_paused = true)]
    async fn both_directions_share_the_bandwidth() {
        let meter = Meter::new(Arc::new(Allowance::new(Some(100_000), 1 << 30)));
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let mut near = Metered::new(near, meter.clone());
        let began = Instant::now();
        near.write_all(&vec![0; 500_000]).await.unwrap();
        far.write_all(&vec![0; 500_000]).await.unwrap();
        let mut taken = vec![0; 4096];
        let mut left = 500_000;
        while left > 0 {
            left -= near.read(&mut taken).await.unwrap();
        }
        let took = began.elapsed().as_secs_f64();
        assert!((9.5..10.2).contains(&took), "a megabyte at a tenth of one a second took {took} s");
        assert_eq!(meter.bytes(), (500_000, 500_000));
    }

    #[tokio::test(start_paused = true)]
    async fn the_total_is_a_wall_and_silence_is_noticed() {
        let meter = Meter::new(Arc::new(Allowance::new(None, 1000)));
        let (near, _far) = tokio::io::duplex(1 << 20);
        let mut near = Metered::new(near, meter.clone());
        near.write_all(&[0; 900]).await.unwrap();
        assert!(near.write_all(&[0; 200]).await.unwrap_err().to_string().contains("that it may"));
        assert!(meter.allowance.is_spent());
        let began = Instant::now();
        meter.idle(Duration::from_secs(60)).await;
        assert_eq!(began.elapsed().as_secs(), 60);
    }
}
