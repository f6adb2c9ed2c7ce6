//! The picture: questions, what runs, servers, and a line of help.

use super::keys::Board;
use super::text;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row, Table, TableState, Wrap};

/// Lines of a question's arguments that are shown.
const ARGUMENTS: u16 = 8;

pub(super) fn draw(frame: &mut Frame<'_>, board: &Board) {
    let snapshot = &board.snapshot;
    let asked = snapshot.questions.len() as u16;
    let questions = if asked == 0 { 3 } else { (asked + 3).min(10) };
    let arguments = if asked == 0 { 0 } else { ARGUMENTS };
    let servers = (snapshot.servers.len() as u16 + 3).min(12);
    let [head, top, detail, middle, bottom, help] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(questions),
        Constraint::Length(arguments),
        Constraint::Min(5),
        Constraint::Length(servers),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Line::from(title(board)).style(Style::new().add_modifier(Modifier::BOLD)), head);
    draw_questions(frame, board, top, detail);
    draw_runs(frame, board, middle);
    draw_servers(frame, board, bottom);
    frame.render_widget(Line::from(footer(board)), help);
}

fn title(board: &Board) -> String {
    let alerts = match board.snapshot.alerts.len() {
        0 => String::new(),
        many => format!("; {many} alerts: outboard stats --alerts"),
    };
    format!("outboard top; {}{alerts}", text::day(&board.snapshot))
}

fn footer(board: &Board) -> String {
    let told = if board.told.is_empty() { String::new() } else { format!("   {}", board.told) };
    format!("q leave   ↑↓ choose a question   a approve once   d deny{told}")
}

fn draw_questions(frame: &mut Frame<'_>, board: &Board, list: Rect, detail: Rect) {
    let snapshot = &board.snapshot;
    let rows = snapshot.questions.iter().map(|one| Row::new(text::question(one, snapshot.at_ms)));
    let widths = [Constraint::Length(30), Constraint::Length(32), Constraint::Min(10), Constraint::Length(12)];
    let chosen = Some(board.chosen).filter(|chosen| *chosen < snapshot.questions.len());
    let name = format!("questions to people: {}", snapshot.questions.len());
    let table = table(rows, &widths, &text::QUESTIONS, name)
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED))
        .highlight_symbol("> ");
    frame.render_stateful_widget(table, list, &mut TableState::new().with_selected(chosen));
    if let Some(question) = chosen.and_then(|at| snapshot.questions.get(at)) {
        let shown = Paragraph::new(question.record.arguments.as_str()).wrap(Wrap { trim: false });
        frame.render_widget(shown.block(Block::bordered().title("arguments")), detail);
    }
}

fn draw_runs(frame: &mut Frame<'_>, board: &Board, area: Rect) {
    let snapshot = &board.snapshot;
    let rows = snapshot.live.iter().map(|one| text::live(snapshot, one));
    let rows = rows.chain(snapshot.ended.iter().map(text::ended)).map(Row::new);
    let widths = [30, 18, 11, 13, 7, 5].map(Constraint::Length).into_iter().chain([Constraint::Min(10)]);
    let name = format!("executions: {} under way", snapshot.live.len());
    frame.render_widget(table(rows, &widths.collect::<Vec<_>>(), &text::LIVE, name), area);
}

fn draw_servers(frame: &mut Frame<'_>, board: &Board, area: Rect) {
    let rows = board.snapshot.servers.iter().map(|one| Row::new(text::server(one)));
    let widths = [30, 16, 17, 12].map(Constraint::Length).into_iter().chain([Constraint::Min(10)]);
    let name = format!("servers: {}", board.snapshot.servers.len());
    frame.render_widget(table(rows, &widths.collect::<Vec<_>>(), &text::SERVERS, name), area);
}

fn table<'a>(
    rows: impl Iterator<Item = Row<'a>>,
    widths: &[Constraint],
    head: &[&'static str],
    name: String,
) -> Table<'a> {
    let head = Row::new(head.to_vec()).style(Style::new().add_modifier(Modifier::DIM));
    Table::new(rows, widths.to_vec()).header(head).block(Block::bordered().title(name))
}
