//! How much each part of ranking weighs.

use crate::fields::FIELDS;

/// What ranking weighs.
///
/// The defaults are meant for use; others are for measuring what a part contributes. Zero switches a part
/// off, except where its line says otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// What one word counts in server, name, title, description, parameter names, parameter documentation,
    /// result fields and further texts.
    pub fields: [f32; FIELDS],
    /// How far the length of each of these lowers the weight of its words: 0 not at all, 1 in full.
    pub lengths: [f32; FIELDS],
    /// How fast repeated words stop counting (the `k1` of BM25).
    pub saturation: f32,
    /// What a synonym counts, compared with the word itself.
    pub synonym: f32,
    /// What a word with another ending, or misspelt, counts.
    pub repair: f32,
    /// What words written apart or together count.
    pub compound: f32,
    /// What the shape of a value counts.
    pub shape: f32,
    /// What words of framing ("the user wants to") count; 1 treats them like any other.
    pub chatter: f32,
    /// What words that only colour a wish ("latest", "detailed") count; 1 treats them like any other.
    pub modifier: f32,
    /// What the words of a quoted or typed value count; 1 treats them like any other.
    pub value: f32,
    /// What the subject after "about" counts; 1 treats it like anything else.
    pub subject: f32,
    /// What a capitalised word inside a sentence counts, unless a tool or server is named so; 1 as any other.
    pub proper: f32,
    /// What each repetition of a word adds.
    pub repeated: f32,
    /// How much a tool whose whole name was asked for gains.
    pub name_covered: f32,
    /// How much of a tool's score goes to the tools from which its parameters are said to come.
    pub mention: f32,
    /// What a concept still counts for each document above that satisfies it; 1 for no regard.
    pub already: f32,
    /// How far past use can raise or lower a tool.
    pub usage: f32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            fields: [1.0, 2.0, 1.5, 1.0, 0.8, 0.8, 0.3, 0.6],
            lengths: [0.3, 0.5, 0.5, 0.6, 0.5, 0.75, 0.75, 0.6],
            saturation: 1.2,
            synonym: 0.55,
            repair: 0.6,
            compound: 0.8,
            shape: 1.0,
            chatter: 0.15,
            modifier: 0.5,
            value: 0.35,
            subject: 0.7,
            proper: 0.5,
            repeated: 0.3,
            name_covered: 0.5,
            mention: 0.5,
            already: 0.92,
            usage: 0.15,
        }
    }
}

impl Tuning {
    /// Plain BM25 over everything, the measure of what the rest is good for.
    pub fn plain() -> Self {
        Self {
            fields: [1.0; FIELDS],
            lengths: [0.75; FIELDS],
            saturation: 1.5,
            synonym: 0.0,
            repair: 0.0,
            compound: 0.0,
            shape: 0.0,
            chatter: 1.0,
            modifier: 1.0,
            value: 1.0,
            subject: 1.0,
            proper: 1.0,
            repeated: 0.0,
            name_covered: 0.0,
            mention: 0.0,
            already: 1.0,
            usage: 0.0,
        }
    }
}
