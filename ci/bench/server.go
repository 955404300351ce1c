// The server of a benchmark: it answers chats, and counts them.
//
// It prints its port; each line on its standard input is answered with the number of chats since
// the last line; it ends when its standard input does. In Go, because it shares two cores with
// the clients: over one request asyncio took 39 µs of processor time, this takes 22.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

type question struct {
	Message string `json:"message"`
}

type answer struct {
	Answer string   `json:"answer"`
	Model  string   `json:"model"`
	Tools  []string `json:"tools"`
}

var chats atomic.Int64

// chat answers `POST /chat` with its message, after the milliseconds that `?delay_ms=` says.
func chat(out http.ResponseWriter, in *http.Request) {
	var asked question
	if json.NewDecoder(in.Body).Decode(&asked) != nil || asked.Message == "" {
		http.Error(out, "no message", http.StatusBadRequest)
		return
	}
	if delay, err := strconv.Atoi(in.URL.Query().Get("delay_ms")); err == nil {
		time.Sleep(time.Duration(delay) * time.Millisecond)
	}
	chats.Add(1)
	out.Header().Set("Content-Type", "application/json")
	body, err := json.Marshal(answer{asked.Message, "small", []string{"search"}})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = out.Write(body) // a client that has gone away is not counted as more
}

func main() {
	runtime.GOMAXPROCS(1) // the other core belongs to the client
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("POST /chat", chat)
	go func() { log.Fatal(http.Serve(listener, nil)) }()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(chats.Swap(0))
	}
}
