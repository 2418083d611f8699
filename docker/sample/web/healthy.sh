# Whether the health path answers 200. Alpine has wget; Debian has neither wget nor curl, but bash can open a socket.
if command -v wget >/dev/null; then
  exec wget -q -O /dev/null "http://127.0.0.1:$PORT/health"
fi
exec bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$PORT" && printf "GET /health HTTP/1.0\r\n\r\n" >&3 && read -r line <&3 && [[ $line == *" 200 "* ]]'
