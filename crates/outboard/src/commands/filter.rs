//! `outboard filter`: what a program of the user's own shell prints, as a model may read it.

use crate::cli::{self, Cli};
use crate::compose;
use crate::failure::Failure;
use crate::output;
use outboard_border::{Border, Notes, Place};
use outboard_types::{ErrorCode, Principal, SessionName};
use std::io::{ErrorKind, Read};
use std::process::ExitCode;

/// Text is taken in whole lines; a longer one than this is taken in pieces, at a blank where it has one.
const PIECE: usize = 1 << 20;

pub(super) fn run(cli: &Cli, args: &cli::Filter) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let session = SessionName::new(&args.session).map_err(|error| Failure::usage(error.to_string()))?;
    let border = compose::border(&settings)?.ok_or_else(|| {
        Failure::new(ErrorCode::InvalidRequest, "privacy is turned off").hint("remove privacy.enabled = false")
    })?;
    copy(&border, &Place { principal: Principal::default(), session }, std::io::stdin().lock())?;
    Ok(ExitCode::SUCCESS)
}

/// Copies line by line as text comes, so that nothing is held back that could be shown.
fn copy(border: &Border, place: &Place, mut from: impl Read) -> Result<(), Failure> {
    let (mut held, mut chunk) = (Vec::new(), vec![0; 65_536]);
    loop {
        let read = match from.read(&mut chunk) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        held.extend_from_slice(&chunk[..read]);
        let whole = if read == 0 { held.len() } else { whole(&held) };
        let text: Vec<u8> = held.drain(..whole).collect();
        if !text.is_empty() {
            let text = String::from_utf8_lossy(&text);
            output::piece(&border.text(place, &text, "filter", &mut Notes::default()));
        }
        if read == 0 {
            return Ok(());
        }
    }
}

/// How much can be judged by itself: all lines that are whole.
fn whole(held: &[u8]) -> usize {
    let after = |byte: u8| held.iter().rposition(|&found| found == byte).map(|at| at + 1);
    match after(b'\n') {
        Some(end) => end,
        None if held.len() >= PIECE => after(b' ').unwrap_or(held.len()),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE, whole};

    #[test]
    fn a_line_is_judged_when_it_is_whole() {
        assert_eq!((whole(b"a@b"), whole(b"one\ntw"), whole(b"one\n")), (0, 4, 4));
        let long = vec![b'x'; PIECE];
        assert_eq!(whole(&long), PIECE);
        assert_eq!(whole(&[b"one ".as_slice(), &long].concat()), 4);
    }
}
