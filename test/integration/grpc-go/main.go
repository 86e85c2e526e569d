// Calls our server with grpc-go, the library of Kanto's own clients, in the version that they pin.
// The argument is the target; prints JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
)

// text is a codec for messages that are plain text.
type text struct{}

func (text) Marshal(v any) ([]byte, error)      { return []byte(*v.(*string)), nil }
func (text) Unmarshal(data []byte, v any) error { *v.(*string) = string(data); return nil }
func (text) Name() string                       { return "proto" }

var connection *grpc.ClientConn

func say(ctx context.Context, request string, options ...grpc.CallOption) (string, error) {
	var response string
	err := connection.Invoke(ctx, "/test.Echo/Say", &request, &response, append(options, grpc.ForceCodec(text{}))...)
	return response, err
}

func open(ctx context.Context, method string) grpc.ClientStream {
	description := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	stream, err := connection.NewStream(ctx, description, "/test.Echo/"+method, grpc.ForceCodec(text{}))
	if err != nil {
		panic(err)
	}
	return stream
}

// collect sends requests and reads everything; the last item is the error, if there is one.
func collect(stream grpc.ClientStream, requests ...string) []string {
	for _, request := range requests {
		request := request
		if err := stream.SendMsg(&request); err != nil && err != io.EOF {
			panic(err)
		}
	}
	stream.CloseSend()
	items := []string{}
	for {
		var item string
		err := stream.RecvMsg(&item)
		if err == io.EOF {
			return items
		}
		if err != nil {
			return append(items, describe(err))
		}
		items = append(items, item)
	}
}

func describe(err error) string {
	if err == nil {
		return "OK"
	}
	return fmt.Sprintf("%s: %s", status.Code(err), status.Convert(err).Message())
}

func main() {
	seen := map[string]any{}
	background := context.Background()
	var err error
	connection, err = grpc.Dial(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	seen["unary"], _ = say(background, "grüß dich 漢字")
	big := strings.Repeat("ab", 1_500_000)
	answer, err := say(background, big)
	seen["big"] = answer == big && err == nil
	_, err = say(background, strings.Repeat("x", 5<<20))
	seen["too big"] = describe(err)
	_, err = say(background, "fail:5:nicht gefunden: Größe 100 % 漢字")
	seen["error"] = describe(err)
	_, err = say(background, "throw:boom")
	seen["plain error"] = describe(err)
	seen["server stream"] = collect(open(background, "Repeat"), "4:ü")
	seen["long stream"] = len(strings.Join(collect(open(background, "Repeat"), "2000:"+strings.Repeat("y", 1000)), ""))
	seen["stream error"] = collect(open(background, "Repeat"), "2:fail")
	seen["client stream"] = collect(open(background, "Join"), "a", "b", "c")
	seen["bidi"] = collect(open(background, "Chat"), "one", "two", strings.Repeat("z", 100_000))
	seen["unknown method"] = collect(open(background, "Missing"), "x")

	short, stop := context.WithTimeout(background, 100*time.Millisecond)
	_, err = say(short, "wait")
	stop()
	seen["deadline"] = status.Code(err).String()

	cancelled, cancel := context.WithCancel(background)
	stream := open(cancelled, "Repeat")
	forever := "forever:x"
	var item string
	if stream.SendMsg(&forever) != nil || stream.CloseSend() != nil || stream.RecvMsg(&item) != nil {
		panic("the stream does not begin")
	}
	cancel()
	for err = nil; err == nil; {
		err = stream.RecvMsg(&item)
	}
	seen["cancel"] = status.Code(err).String()

	var head, tail metadata.MD
	outgoing := metadata.AppendToOutgoingContext(background, "x-key", "value", "x-bytes-bin", "\x00\xff,\x01")
	say(outgoing, "metadata", grpc.Header(&head), grpc.Trailer(&tail))
	bytes := []int{}
	for _, value := range []byte(strings.Join(tail.Get("x-bytes-bin"), "")) {
		bytes = append(bytes, int(value))
	}
	seen["metadata"] = []any{head.Get("x-head"), tail.Get("x-tail"), bytes}

	var group sync.WaitGroup
	var lock sync.Mutex
	right := 0
	for at := 0; at < 500; at++ {
		group.Add(1)
		go func(request string) {
			defer group.Done()
			response, err := say(background, request)
			lock.Lock()
			defer lock.Unlock()
			if err == nil && response == request {
				right++
			}
		}(fmt.Sprint(at))
	}
	group.Wait()
	seen["parallel"] = right

	reflection, err := grpc_reflection_v1alpha.NewServerReflectionClient(connection).ServerReflectionInfo(background)
	if err != nil {
		panic(err)
	}
	question := &grpc_reflection_v1alpha.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1alpha.ServerReflectionRequest_ListServices{ListServices: "*"},
	}
	reflection.Send(question)
	listed, err := reflection.Recv()
	if err != nil {
		panic(err)
	}
	services := []string{}
	for _, service := range listed.GetListServicesResponse().Service {
		services = append(services, service.Name)
	}
	reflection.CloseSend()
	reflection.Recv()
	seen["reflection"] = services
	connection.Close()
	json.NewEncoder(os.Stdout).Encode(seen)
}
