//! The words of the language.

use crate::claim::Relation;
use crate::number::Number;
use crate::text::quoted_text;
use crate::{ClaimError, ClaimProblem, Role};
use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Number(Number),
    /// A name or a word of the language, which are told apart by what stands around.
    Plain(String),
    /// In quotation marks.
    Quoted(String),
    /// `input:` or `output:`.
    Role(Role),
    Relation(Relation),
    /// A character that stands for itself.
    Symbol(char),
    End,
}

/// A word and its bytes in the text.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub word: Word,
    pub span: Range<usize>,
}

/// Words that are no names unless they are quoted.
pub(crate) const RESERVED: [&str; 4] = ["and", "or", "not", "in"];

impl Word {
    /// As a message names it.
    pub fn shown(&self) -> String {
        match self {
            Self::Number(number) => format!("the number {number}"),
            Self::Plain(name) => format!("`{name}`"),
            Self::Quoted(text) => quoted_text(text),
            Self::Role(role) => format!("`{role}:`"),
            Self::Relation(relation) => format!("`{}`", relation.symbol()),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Whether a name can stand without quotation marks.
pub(crate) fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(continues_a_name)
        && !RESERVED.contains(&name)
}

fn continues_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The most words. What a claim may hold has fewer in its canonical text, however long names are.
const MAX_WORDS: usize = 1 << 16;

/// All words of a text, and its end.
pub(crate) fn words(text: &str) -> Result<Vec<Token>, ClaimError> {
    let mut reader = Reader {
        text,
        rest: text.char_indices().peekable(),
    };
    let mut tokens = Vec::new();
    while let Some(&(start, character)) = reader.rest.peek() {
        if character.is_ascii_whitespace() {
            reader.rest.next();
            continue;
        }
        if tokens.len() == MAX_WORDS {
            let limit = format!("{MAX_WORDS} words");
            let problem = ClaimProblem::Limit { limit };
            return Err(ClaimError::of(problem, String::new()));
        }
        let word = reader.word(start, character);
        let end = reader.place();
        let word = word.map_err(|(problem, from)| ClaimError::at(problem, text, from..end))?;
        tokens.push(Token {
            word,
            span: start..end,
        });
    }
    tokens.push(Token {
        word: Word::End,
        span: text.len()..text.len(),
    });
    Ok(tokens)
}

struct Reader<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
}

/// What is wrong, and from which byte on.
type Wrong = (ClaimProblem, usize);

impl Reader<'_> {
    /// The byte that comes next.
    fn place(&mut self) -> usize {
        let next = self.rest.peek();
        next.map_or(self.text.len(), |&(place, _)| place)
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let next = self.rest.next_if(|&(_, character)| wanted(character));
        next.map(|(_, character)| character)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        std::iter::from_fn(|| self.take_if(&wanted)).collect()
    }

    fn word(&mut self, start: usize, first: char) -> Result<Word, Wrong> {
        if first.is_ascii_digit() {
            return self.number(start);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let name = self.take_while(continues_a_name);
            let role = match name.as_str() {
                "input" => Some(Role::Input),
                "output" => Some(Role::Output),
                _ => None,
            };
            return Ok(match role {
                Some(role) if self.take_if(|c| c == ':').is_some() => Word::Role(role),
                _ => Word::Plain(name),
            });
        }
        self.rest.next();
        let is_followed_by_equals = |reader: &mut Self| reader.take_if(|c| c == '=').is_some();
        let hint = match first {
            '"' => return self.quoted(start),
            '+' | '-' | '*' | '/' | '(' | ')' | '[' | ']' | '{' | '}' | ',' => {
                return Ok(Word::Symbol(first));
            }
            '<' if is_followed_by_equals(self) => return Ok(Word::Relation(Relation::AtMost)),
            '<' => return Ok(Word::Relation(Relation::Less)),
            '>' if is_followed_by_equals(self) => return Ok(Word::Relation(Relation::AtLeast)),
            '>' => return Ok(Word::Relation(Relation::Greater)),
            '=' if is_followed_by_equals(self) => return Ok(Word::Relation(Relation::Equal)),
            '!' if is_followed_by_equals(self) => return Ok(Word::Relation(Relation::Unequal)),
            '=' => "; equality is `==`",
            '!' => "; say `not`",
            '&' => "; say `and`",
            '|' => "; say `or`",
            '.' => {
                "; a number begins with a digit, as in `0.5`, and a name with a point is quoted, as in `\"a.b\"[0]`"
            }
            '\'' => "; texts and names are quoted by \"",
            '≤' | '≥' | '≠' => "; say `<=`, `>=` or `!=`",
            _ => {
                "; names with other characters than letters, digits and _ are quoted, as in `\"a b\"[0]`"
            }
        };
        let found = format!("`{}`", first.escape_debug());
        Err((ClaimProblem::Character { found, hint }, start))
    }

    fn number(&mut self, start: usize) -> Result<Word, Wrong> {
        let is_digit = |c: char| c.is_ascii_digit();
        let whole = self.take_while(is_digit);
        let mut fraction = String::new();
        let expected = |expected, reader: &mut Self| {
            let next = reader.rest.peek();
            let found = next.map_or("the end".to_owned(), |(_, c)| {
                format!("`{}`", c.escape_debug())
            });
            (ClaimProblem::Expected { expected, found }, start)
        };
        if self.take_if(|c| c == '.').is_some() {
            fraction = self.take_while(is_digit);
            if fraction.is_empty() {
                return Err(expected("a digit behind the point", self));
            }
        }
        let mut exponent = 0;
        if self.take_if(|c| c == 'e' || c == 'E').is_some() {
            let sign = self.take_if(|c| c == '+' || c == '-');
            let digits = self.take_while(is_digit);
            if digits.is_empty() {
                return Err(expected("a digit of the exponent", self));
            }
            let size: i32 = digits.parse().map_err(|_| (ClaimProblem::Digits, start))?;
            exponent = if sign == Some('-') { -size } else { size };
        }
        if self.rest.peek().is_some_and(|&(_, c)| continues_a_name(c)) {
            return Err(expected("an operator behind the number", self));
        }
        let number = Number::decimal(&whole, &fraction, exponent);
        let number = number.ok_or((ClaimProblem::Digits, start))?;
        Ok(Word::Number(number))
    }

    /// What is behind a quotation mark, to the next that is not escaped.
    fn quoted(&mut self, start: usize) -> Result<Word, Wrong> {
        let mut quoted = String::new();
        loop {
            let Some((place, character)) = self.rest.next() else {
                let problem = ClaimProblem::Expected {
                    expected: "a closing \"",
                    found: "the end".to_owned(),
                };
                return Err((problem, start));
            };
            match character {
                '"' => return Ok(Word::Quoted(quoted)),
                '\\' => quoted.push(self.escaped().ok_or_else(|| {
                    let problem = ClaimProblem::Expected {
                        expected: r#"\", \\, \n, \t, \r or \u{..} behind the backslash"#,
                        found: "another escape".to_owned(),
                    };
                    (problem, place)
                })?),
                _ => quoted.push(character),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let (_, kind) = self.rest.next()?;
        match kind {
            '"' | '\\' => Some(kind),
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            'u' => {
                self.take_if(|c| c == '{')?;
                let digits = self.take_while(|c| c.is_ascii_hexdigit());
                self.take_if(|c| c == '}')?;
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
            }
            _ => None,
        }
    }
}
