# What an interactive zsh lists behind a line: zsh -f offers.zsh LINE
zmodload zsh/zpty
zpty shell 'env TERM=dumb COLUMNS=200 LINES=100 zsh -f -i'
ask() { zpty -w shell "$1; echo re''ady"; zpty -r shell seen '*ready*'; }
ask 'PS1=; unsetopt zle'
ask 'autoload -Uz compinit; compinit -u -D; unset zle_bracketed_paste; bindkey "^X" list-choices; setopt zle'
zpty -w -n shell "$1"$'\C-x'
repeat 40; do
  sleep 0.1
  while zpty -r -t shell seen; do print -rn -- "$seen"; done
done
zpty -d shell
