//! The terminal: taken while the screen is shown, and given back however that ends.

use super::keys::Board;
use super::screen;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::crossterm::{cursor, execute};
use std::io::{self, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;
use tokio::sync::mpsc;

/// How often the thread that reads keys looks whether it is still needed.
const LOOK: Duration = Duration::from_millis(100);

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal that shows our screen.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    open: Arc<AtomicBool>,
}

impl Screen {
    /// Takes the terminal. A panic gives it back before it is told, so that it can be read.
    pub(super) fn open() -> io::Result<(Self, mpsc::Receiver<Event>)> {
        give_back_at_panics();
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::Release);
        // From here on the terminal is given back whatever fails.
        let open = Arc::new(AtomicBool::new(true));
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()));
        let mut screen = Self { terminal: terminal.inspect_err(|_| give_back())?, open: open.clone() };
        execute!(screen.terminal.backend_mut(), EnterAlternateScreen, cursor::Hide)?;
        let (sender, pressed) = mpsc::channel(16);
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || read(&open, &sender))?;
        Ok((screen, pressed))
    }

    pub(super) fn draw(&mut self, board: &mut Board) -> io::Result<()> {
        self.terminal.draw(|frame| screen::draw(frame, board)).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.open.store(false, Ordering::Release);
        give_back();
    }
}

/// Ends where nobody listens any more, or where there is no terminal any more.
fn read(open: &AtomicBool, sender: &mpsc::Sender<Event>) {
    while open.load(Ordering::Acquire) {
        let event = match event::poll(LOOK) {
            Ok(true) => event::read(),
            Ok(false) => continue,
            Err(error) => Err(error),
        };
        let Ok(event) = event else { return };
        if sender.blocking_send(event).is_err() {
            return;
        }
    }
}

/// Once, however often and from wherever it is asked.
fn give_back() {
    if TAKEN.swap(false, Ordering::AcqRel) {
        // There is nobody to tell of a terminal that is gone.
        let _ = disable_raw_mode();
        let mut out = io::stdout();
        let _ = execute!(out, LeaveAlternateScreen, cursor::Show);
        let _ = out.flush();
    }
}

fn give_back_at_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
    });
}
