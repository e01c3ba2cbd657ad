// Cedar policies (Cedar 4.5), one policy or one expression at a time.
//
// The reader (compiler/syntax/cedar_parser.cc) cuts a file at its semicolons and gives each piece to
// `policy`, so a tree is never larger than one policy. The grammar takes a little more than Cedar does
// where the reader can say better what is wrong: any identifier as effect, variable or clause, `=`, `/`,
// `%`, chains of relations, reserved words behind a dot, any expression between brackets.
//
// `if` is open to the right and therefore stands above the binary operators, where no operator can
// follow it: every decision is made with one or two tokens, without falling back to full LL (a test
// counts). `x is T in e` is read as `(x is T) in e`; the reader puts it together.
grammar Cedar;

policy : annotation* IDENT '(' (variable (',' variable)* ','?)? ')' condition* ';' EOF ;
singleExpr : expr EOF ;

annotation : '@' key=(IDENT | TRUE | FALSE | IF | THEN | ELSE | IN | IS | HAS | LIKE) ('(' STRING ')')? ;
variable
    : name=IDENT (':' unusedType=path)? (IS type=path)?
      (op=('==' | '!=' | '<' | '<=' | '>' | '>=' | '=' | IN) expr)?
    ;
condition : clause=IDENT '{' expr? '}' ;
path : IDENT ('::' IDENT)* ;

expr : IF expr THEN expr ELSE expr | operand ;

operand
    : ('!'+ | '-'+)? primary access*
    | operand op=('*' | '/' | '%') operand
    | operand op=('+' | '-') operand
    | operand op=('==' | '!=' | '<' | '<=' | '>' | '>=' | '=' | IN) operand
    | operand op=HAS (attribute ('.' attribute)* | STRING)
    | operand op=LIKE STRING
    | operand op=IS path
    | operand op='&&' operand
    | operand op='||' operand
    ;
attribute : IDENT | TRUE | FALSE | IF | THEN | ELSE | IN | IS | HAS | LIKE ;

primary
    : IDENT ('::' (IDENT | STRING))*
    | TRUE
    | FALSE
    | NUMBER
    | STRING
    | SLOT
    | '(' expr ')'
    | '[' (expr (',' expr)* ','?)? ']'
    | '{' (entry (',' entry)* ','?)? '}'
    ;
entry : key=(IDENT | STRING | TRUE | FALSE | IF | THEN | ELSE | IN | IS | HAS | LIKE) ':' expr ;

access
    : '.' name=(IDENT | TRUE | FALSE | IF | THEN | ELSE | IN | IS | HAS | LIKE)
    | '(' (expr (',' expr)* ','?)? ')'
    | '[' expr ']'
    ;

TRUE : 'true' ;
FALSE : 'false' ;
IF : 'if' ;
THEN : 'then' ;
ELSE : 'else' ;
IN : 'in' ;
IS : 'is' ;
HAS : 'has' ;
LIKE : 'like' ;

AT : '@' ;
DOT : '.' ;
COMMA : ',' ;
SEMICOLON : ';' ;
COLON : ':' ;
COLON_COLON : '::' ;
LPAREN : '(' ;
RPAREN : ')' ;
LBRACE : '{' ;
RBRACE : '}' ;
LBRACKET : '[' ;
RBRACKET : ']' ;
EQ : '==' ;
NE : '!=' ;
LT : '<' ;
LE : '<=' ;
GT : '>' ;
GE : '>=' ;
ASSIGN : '=' ;
OR : '||' ;
AND : '&&' ;
PLUS : '+' ;
MINUS : '-' ;
STAR : '*' ;
SLASH : '/' ;
PERCENT : '%' ;
NOT : '!' ;

IDENT : [_a-zA-Z] [_a-zA-Z0-9]* ;
SLOT : '?' [_a-zA-Z] [_a-zA-Z0-9]* ;
NUMBER : [0-9]+ ;
STRING : '"' ('\\' ~[\n] | ~["\\])* '"' ;

WHITESPACE : [\p{White_Space}]+ -> skip ;
COMMENT : '//' ~[\r\n]* -> channel(HIDDEN) ;

// A string that never ends; shorter than STRING wherever that matches.
OPEN_STRING : '"' ('\\' ~[\n] | ~["\\])* ;
// Anything else, one character at a time, so that the reader names it instead of the lexer.
INVALID : . ;
