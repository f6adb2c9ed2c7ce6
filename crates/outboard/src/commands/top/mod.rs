//! `outboard top`: what runs now, in whatever process, from the journal; once where there is no terminal.

mod keys;
mod screen;
mod snapshot;
mod terminal;
mod text;

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use keys::{Board, Wish};
use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::Answered;
use snapshot::{Eyes, Snapshot};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;
use terminal::Screen;

/// How often to look.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(cli: &Cli, args: &cli::Top) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let journal = compose::journal(&settings)?;
    let desk = compose::desk(&settings, &journal, None);
    let eyes = Eyes::new(&settings, journal, desk.clone())?;
    let snapshot = eyes.look()?;
    if args.json {
        output::json(&snapshot.json());
    } else if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        watch(&eyes, &desk, snapshot).await?;
    } else {
        output::data(&text::of(&snapshot));
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows and obeys until somebody leaves.
async fn watch(eyes: &Eyes, desk: &ApprovalDesk, first: Snapshot) -> Result<(), Failure> {
    let stop = super::serve::stop_signal()?;
    let mut board = Board::new(first);
    let (mut screen, mut pressed) = Screen::open()?;
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        screen.draw(&mut board)?;
        crate::logs::panic_on_purpose("top");
        tokio::select! {
            _ = tick.tick() => board.sees(eyes.look()?),
            () = stop.cancelled() => return Ok(()),
            event = pressed.recv() => match event.map(|event| board.press(&event)) {
                None | Some(Wish::Leave) => return Ok(()),
                Some(Wish::Answer { id, approve }) => {
                    board.told = answer(desk, &id, approve).await?;
                    board.sees(eyes.look()?);
                }
                Some(Wish::Nothing) => {}
            },
        }
    }
}

async fn answer(desk: &ApprovalDesk, id: &str, approve: bool) -> Result<String, Failure> {
    let answer = if approve { super::approvals::yes("once") } else { super::approvals::no(None) };
    let answered = desk.answer(id, answer).await.map_err(super::approvals::failed)?;
    Ok(match answered {
        Answered::First(record) => format!("{id} {}", record.status.as_str()),
        Answered::Already(record) => format!("{id} was {} before", record.status.as_str()),
        Answered::Expired(_) => format!("{id} had expired"),
        Answered::Unknown => format!("{id} is not known any more"),
    })
}
